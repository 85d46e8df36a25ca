# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2153	# used by the files that source this
# What all of ena-tx-header's commands share.

# shellcheck source=scripts/operator/conf.sh
. "$REPO/scripts/operator/conf.sh"
# shellcheck source=scripts/operator/source.sh
. "$REPO/scripts/operator/source.sh"

readonly NAME=ena-tx-header
readonly PACKAGING=scripts/operator/packaging
readonly E_LOCK=112		# another run of ours is at work
readonly E_HEADERS=113		# kernel headers missing
readonly E_SIGNATURE=114	# the kernel would refuse the module's signature
readonly E_WRITE=115		# a folder is read-only
readonly E_INITRAMFS=116	# an initramfs or the installation is not complete
readonly E_REVERTED=117		# the swap failed and was taken back
readonly E_UNSAFE=118		# the swap would lose what it cannot restore
readonly E_DKMS=119		# dkms is missing or failed
readonly E_FOREIGN=120		# another out-of-tree ena is installed
readonly E_BPF=121		# no BPF program can be loaded here
readonly E_TRUST=122		# others than root could change what is built

# Another root to look at, for tests and for a mounted volume. Nothing of the
# host that we run on is asked then.
ROOT=${ENA_TX_HEADER_ROOT-}
STATE=$ROOT/var/lib/$NAME
RUN=$ROOT/run/$NAME
DRY_RUN=''
JSON=''
VERSION=$(dkms_value PACKAGE_VERSION)
TREE=$ROOT/usr/src/$NAME-$VERSION
REMEDY=$(remedy)
# What our module says of itself: the version, and the remedy if it is not the
# default.
MARKER=$VERSION
[[ $REMEDY == linearize ]] || MARKER+=+$REMEDY

# dkms and the initramfs tools change this host, not the other root.
needs_this_host() {
	[[ ! $ROOT ]] || usage_die "ENA_TX_HEADER_ROOT is read-only; to" \
		"change $ROOT, run this in it: chroot $ROOT $NAME"
	require_root
}

# remedy_problem: an exit code and the words, or nothing.
remedy_problem() {
	local why

	why=$(conf_problem)
	[[ ! $why ]] || { echo "$E_USAGE $why"; return; }
	[[ $REMEDY =~ ^(linearize|pull-header|no-hint)$ ]] || echo "$E_USAGE" \
		"REMEDY=$REMEDY in /etc/$NAME.conf is unknown: it is linearize," \
		"pull-header or no-hint"
}

# run CMD...: in a dry run only says that it would.
run() {
	if [[ $DRY_RUN ]]; then
		say "would run: $*"
	else
		"$@"
	fi
}

have() {
	command -v "$1" >/dev/null
}

# Without one of them a module that is there would look as if it were not.
require_tools() {
	local tool

	for tool in awk cmp depmod find join modinfo modprobe od; do
		have "$tool" || die "$E_DKMS" "there is no $tool: PATH is $PATH;" \
			"nothing was changed"
	done
}

# installed TOOL: on the host that we look at.
installed() {
	if [[ $ROOT ]]; then
		compgen -G "$ROOT/usr/*bin/$1" >/dev/null
	else
		have "$1"
	fi
}

# Others can neither open nor hold what is in there.
private_run() {
	mkdir -p "$RUN"
	chmod 700 "$RUN"
}

open_lock() {
	private_run
	exec 9<>"$RUN/lock"
}

# put_file FILE TEXT: whole or not at all, in a new file of ours. The folder may be
# another user's, who cannot guess the new file's name: no link is followed.
put_file() (
	new=$(mktemp -u -- "$1.XXXXXXXXXX") || exit
	trap 'rm -f -- "$new"' EXIT
	set -C
	printf '%s\n' "$2" >"$new" && mv -fT -- "$new" "$1"
)

# take_lock: until we exit; what we started and left behind keeps it too.
take_lock() {
	local owner

	[[ ! $DRY_RUN ]] || return 0
	open_lock
	if ! flock -n 9; then
		owner=$(head -n1 "$RUN/lock")
		die "$E_LOCK" "another $NAME (${owner:-unknown}) or what it" \
			"started is still at work; wait for it and try again"
	fi
	printf '%s, pid %d\n' "$1" $$ >"$RUN/lock"
}

# json_string TEXT: with "?" for what "printable" replaces, too. Bytes that are not
# UTF-8 would not be JSON.
json_string() {
	local s=$1

	s=${s//\\/\\\\}
	s=${s//\"/\\\"}
	s=${s//$'\n'/\\n}
	s=${s//$'\t'/\\t}
	printf '"%s"' "${s//[^ -~]/?}"
}

# json_object KEY VALUE...: a value of a KEY= is JSON already, an empty one of
# KEY? is null.
json_object() {
	local sep='' key

	printf '{'
	while (($#)); do
		key=${1%[=?]}
		printf '%s"%s":' "$sep" "$key"
		if [[ $1 == *= ]]; then
			printf '%s' "$2"
		elif [[ $1 == *\? && ! $2 ]]; then
			printf 'null'
		else
			json_string "$2"
		fi
		sep=,
		shift 2
	done
	printf '}\n'
}

# json_array: from the JSON values on its input, one a line.
json_array() {
	local values

	values=$(grep . | paste -sd,) || true
	echo "[$values]"
}

# json_strings: an array of the lines on its input.
json_strings() {
	local line

	while IFS= read -r line; do
		[[ ! $line ]] || { json_string "$line"; echo; }
	done | json_array
}

# json_bool CMD...
json_bool() {
	if "$@"; then echo true; else echo false; fi
}

# say TEXT: for a reader. Problems go to stderr by "msg" and "die".
say() {
	[[ $JSON ]] || printf '%s\n' "$*" | printable
}

# answer KEY VALUE...: for a program.
answer() {
	[[ ! $JSON ]] || json_object "$@"
}
