# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# For the tests of the lab. Each case is a function that runs in a subshell, which
# fail and a failed expect end.

set -uo pipefail
REPO=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
. "$REPO/tests/lib/tap.sh"

LAB=$REPO/scripts/lab
SCRATCH=$REPO/build/lab-test

fail() {
	echo "$*"
	exit 1
}

# expect STATUS PATTERN CMD...: leaves stdout and stderr in $output.
expect() {
	local want=$1 pattern=$2 status=0

	shift 2
	output=$("$@" 2>&1 </dev/null) || status=$?
	((status == want)) ||
		fail "$*: exit status $status, expected $want: $output"
	grep -qE -- "$pattern" <<<"$output" ||
		fail "$*: expected /$pattern/ in: $output"
}

# expect_line: the same, of one line.
expect_line() {
	expect "$@"
	(($(wc -l <<<"$output") == 1)) || fail "more than one line: $output"
}

is() {
	[[ $1 == "$2" ]] || fail "got '$1', expected '$2'${3+ ($3)}"
}

# until_true CMD...: within a generous number of tries.
until_true() {
	local tries=600

	until "$@"; do
		((tries-- > 0)) || return 1
		sleep 0.1
	done
}

# tree PID: it and all below it, as PID:START.
tree() {
	local pid children start

	start=$(start_time "$1")
	[[ $start ]] || return 0
	echo "$1:$start"
	children=$(cat "/proc/$1/task/"*/children 2>/dev/null)
	for pid in $children; do
		tree "$pid"
	done
}

start_time() {
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

all_gone() {
	local process

	for process; do
		[[ $(start_time "${process%:*}") != "${process#*:}" ]] || return 1
	done
}

nothing_left() {
	until_true all_gone "$@" || fail "left behind: $(for process; do
		all_gone "$process" || cat "/proc/${process%:*}/cmdline"
	done | tr '\0' ' ')"
	! grep -E "build/lab/(mnt|root|layers)|build/lab-test" \
		/proc/self/mounts || fail "a mount is left"
}

# interrupt SIGNAL SECONDS CMD...: starts CMD and signals it after a while.
# Leaves its exit status in $status; nothing may be left of it.
interrupt() {
	local signal=$1 delay=$2 pid processes

	shift 2
	"$@" >"$SCRATCH/interrupted.log" 2>&1 </dev/null &
	pid=$!
	sleep "$delay"
	mapfile -t processes < <(tree "$pid")
	kill "-$signal" "$pid" 2>/dev/null
	wait "$pid"
	status=$?
	nothing_left "${processes[@]}"
}

# What a user's shell may come with.
odd_environment_set() {
	umask 077
	set -o noclobber
	export SHELLOPTS TMPDIR=/nonexistent LANG=de_DE.UTF-8 LC_ALL=C PATH=/bin
	export CDPATH=/:/usr:. POSIXLY_CORRECT=1 GIT_DIR=/nonexistent
	export TAR_OPTIONS=--bad MAKEFLAGS=--bad ENA_SRC=/nonexistent
	unset HOME TERM
}

# copy_checkout DIR: what the lab needs, without build/.
copy_checkout() {
	mkdir -p "$1/tests" "$1/build"
	cp -a "$REPO"/{scripts,kernel,patches} "$1"
	cp -a "$REPO"/tests/ena-device "$1/tests"
}

# Listing the cases must not disturb a run.
if [[ ${1-} != --list ]]; then
	rm -rf "$SCRATCH"
	mkdir -p "$SCRATCH"
	trap 'rm -rf "$SCRATCH"' EXIT
fi
