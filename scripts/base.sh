# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Shared by the scripts: messages, exit codes, and children that die with us.
# shellcheck disable=SC2034	# the codes are for those who source this

readonly E_FAIL=1		# a test or an experiment failed
readonly E_USAGE=2
readonly E_ROOT=100		# needs root
readonly E_NETWORK=101		# package mirror unreachable
readonly E_DISK=102		# no space left
readonly E_QEMU=103		# QEMU without vfio-user-pci
readonly E_SOURCE=104		# kernel source missing or of another kernel
readonly E_PATCH=105		# patch does not apply
readonly E_BUILD=106		# build failed
readonly E_BOOT=107		# guest never came up
readonly E_PANIC=108		# guest panicked
readonly E_TIME=109		# guest exceeded its time limit
readonly E_DEVICE=110		# device model died
readonly E_HOST=111		# this machine cannot host the lab

REPO=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
readonly REPO

# Whoever speaks for another program sets PROG to its name.
PROG=${PROG-${0##*/}}

msg() {
	printf '%s: %s\n' "$PROG" "$*" >&2
}

die() {
	local code=$1

	shift
	msg "error: $*"
	exit "$code"
}

# usage_die TEXT: bad arguments; says where to read on.
usage_die() {
	die "$E_USAGE" "$*; see '${0##*/} --help'"
}

require_root() {
	((EUID == 0)) || die "$E_ROOT" "needs root: run it again with sudo"
}

require_xy() {
	[[ $1 =~ ^[0-9]+\.[0-9]+$ ]] ||
		usage_die "'$1' is not a kernel version such as 6.12"
}

# require_kernel_name NAME: a Debian kernel's version, or that of our own.
require_kernel_name() {
	[[ $1 == debug ]] || require_xy "$1"
}

# The digest of its input, short enough for a file name.
digest() {
	local sum

	sum=$(sha256sum)
	printf '%s\n' "${sum:0:16}"
}

# become_bound PARENT CMD...: turns into CMD, which is killed when PARENT, the
# parent of this process, dies in whatever way.
become_bound() {
	# shellcheck disable=SC2016	# expanded by the inner shell
	exec env --default-signal=HUP,INT,QUIT,TERM setpriv --pdeathsig KILL -- \
		bash -c '((PPID == $1)) || exit 137; shift; exec "$@"' bound "$@"
}

# bound CMD...: runs CMD so that it is killed when this shell dies, however
# this shell dies. In a subshell, "this shell" is the subshell.
bound() {
	local parent=$BASHPID

	(become_bound "$parent" "$@")
}

# check_parent PID: our parent may have been killed before it could ask for
# our death.
check_parent() {
	local key value

	while read -r key value _; do
		[[ $key == PPid: ]] && break
	done </proc/self/status
	[[ $value == "$1" ]] || exit 137
}
