# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The device model's profiles, for suites that run on one of them.

# require_profile NAME
require_profile() {
	[[ ${1-} =~ ^[a-z0-9-]+$ && -e $REPO/tests/ena-device/profiles/$1 ]] ||
		usage_die "no profile '${1-}' in tests/ena-device/profiles"
}

# has_llq NAME: no frame is lost or linearized for its header then.
has_llq() {
	grep -q '^llq-queues' "$REPO/tests/ena-device/profiles/$1"
}
