# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Shared by the scripts: messages, exit codes, and children that die with us.
# shellcheck disable=SC2034	# used by the scripts that source this

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

# What the caller's environment would change in our shells.
unset CDPATH POSIXLY_CORRECT
set +o noclobber

REPO=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
readonly REPO

# Wrappers set PROG to the name of the program that the user called.
PROG=${PROG-${0##*/}}

# printable: the input, with "?" for what a terminal would obey. Names of processes
# and files may hold it.
printable() {
	LC_ALL=C tr -c '\n\t -~' '?'
}

msg() {
	printf '%s: %s\n' "$PROG" "$*" | printable >&2
}

die() {
	local code=$1

	shift
	msg "error: $*"
	exit "$code"
}

# usage_die TEXT: bad arguments; points to --help.
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
# parent of this process, dies.
become_bound() {
	# shellcheck disable=SC2016	# expanded by the inner shell
	exec env --default-signal=INT,QUIT,TERM setpriv --pdeathsig KILL -- \
		bash -c '((PPID == $1)) || exit 137; shift; exec "$@"' bound "$@"
}

# bound CMD...: runs CMD, which is killed when this shell (in a subshell, the
# subshell) dies.
bound() {
	local parent=$BASHPID

	(become_bound "$parent" "$@")
}

# heed_signals PROGRAM ARG...: bash cannot trap a signal that was ignored when it
# started, as INT is in the background: starts PROGRAM, this one, again without
# that. HUP stays ignored under nohup.
heed_signals() {
	local key ignored

	while read -r key ignored; do
		[[ $key != SigIgn: ]] || break
	done </proc/self/status
	((!(16#$ignored & 0x4002))) ||
		exec env --default-signal=INT,TERM "$@"
}

# contain [UNSHARE-OPTION]... -- CMD...: runs CMD in mount and PID namespaces of
# its own. All in them dies with CMD, with this shell and on a signal to it.
contain() {
	# shellcheck disable=SC2016	# expanded by the inner shell
	become_bound $$ bash -c 'CONTAINED_BY=$$ exec unshare --mount --pid --fork \
		--kill-child "$@"' contain "$@" <&0 &
	contained=$!
	trap 'end_contained 130' INT
	trap 'end_contained 143' TERM
	trap 'end_contained 129' HUP
	wait "$contained"
}

# The first process of the namespace, unshare's child, is gone when all in it are.
end_contained() {
	local first

	trap '' INT TERM HUP
	first=$(cat "/proc/$contained/task/$contained/children" 2>/dev/null) || true
	kill -KILL "$contained" 2>/dev/null || true
	wait "$contained" 2>/dev/null || true
	while grep -qs '^State:.[^ZX]' "/proc/${first% }/status"; do
		sleep 0.02
	done
	exit "$1"
}

# check_container: unshare may have been killed before it could bind us to it.
check_container() {
	local key value

	while read -r key value; do
		[[ $key != PPid: ]] || break
	done </proc/self/status
	[[ $value == "$CONTAINED_BY" ]] || exit 137
	unset CONTAINED_BY
}
