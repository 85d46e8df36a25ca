# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For sourcing at the start of a suite: runs it in namespaces, which end with it.

# shellcheck source=scripts/base.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/base.sh"

if [[ ${CONTAINED_BY-} ]]; then
	check_container
	mount -t proc proc /proc
elif ((EUID == 0)); then
	heed_signals "$0" "$@"
	contain -- "$0" "$@"
	exit
fi
