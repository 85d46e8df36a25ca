# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For sourcing: what the tests of other people's drivers share.

# shellcheck source=scripts/base.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../../scripts/base.sh"
# shellcheck source=tests/lib/tap.sh
. "$REPO/tests/lib/tap.sh"
# shellcheck source=tests/lib/profile.sh
. "$REPO/tests/lib/profile.sh"

lab() {
	bound "$REPO/scripts/lab" "$@"
}

# choose_profiles [PROFILE...]: sets profiles.
choose_profiles() {
	local word

	for word; do
		[[ $word != -h && $word != --help ]] || { usage && exit; }
		require_profile "$word"
	done
	profiles=("$@")
	((${#profiles[@]})) || profiles=(c5-metal nitro)
}

# breaks_no_rule STATS LOG: what drivers are known to do is an exception with a
# name, and no violation.
breaks_no_rule() {
	jq -e 'all(.functions[]; .violations == 0 and .guest_errors == 0 and
		.admin_failures == 0 and .tx.frames > 0)' "$1" >/dev/null ||
		{ head -n 20 "$2"; return 1; }
}
