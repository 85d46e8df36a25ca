# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034	# used by those who source this
# What all of ena-tx-header's commands share.

readonly NAME=ena-tx-header
readonly E_LOCK=112		# another run of ours is at work
readonly E_HEADERS=113		# kernel headers missing
readonly E_SIGNATURE=114	# the kernel would refuse the module's signature
readonly E_WRITE=115		# a folder that must be written is read-only
readonly E_INITRAMFS=116	# the initramfs does not hold what it must
readonly E_REVERTED=117		# the swap failed and was taken back
readonly E_UNSAFE=118		# the swap would lose what it cannot restore
readonly E_DKMS=119		# dkms is missing or failed
readonly E_FOREIGN=120		# somebody else's out-of-tree ena is installed

# Another root to look at, for tests and for a mounted volume.
ROOT=${ENA_TX_HEADER_ROOT-}
STATE=$ROOT/var/lib/$NAME
RUN=$ROOT/run/$NAME
DRY_RUN=''
JSON=''

conf_value() {
	sed -n "s/^$1=\"\(.*\)\"\$/\1/p" "$REPO/dkms.conf"
}
VERSION=$(conf_value PACKAGE_VERSION)
TREE=$ROOT/usr/src/$NAME-$VERSION

# Whatever changes something or asks the running kernel. dkms and the initramfs
# tools would work on this host, whatever root they are meant for.
needs_this_host() {
	[[ ! $ROOT ]] || usage_die "ENA_TX_HEADER_ROOT is for looking only; to" \
		"change $ROOT, run this in it: chroot $ROOT $NAME"
	require_root
}

# run CMD...: does it, or says that it would.
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

# take_lock: until we exit; what we started and left behind keeps it too.
take_lock() {
	local owner

	[[ ! $DRY_RUN ]] || return 0
	mkdir -p "$RUN"
	exec 9<>"$RUN/lock"
	if ! flock -n 9; then
		owner=$(head -n1 "$RUN/lock")
		die "$E_LOCK" "another $NAME (${owner:-unknown}) or what it" \
			"started is still at work; wait for it and try again"
	fi
	printf '%s, pid %d\n' "$1" $$ >"$RUN/lock"
}

json_string() {
	local s=$1

	s=${s//\\/\\\\}
	s=${s//\"/\\\"}
	s=${s//$'\n'/\\n}
	s=${s//$'\t'/\\t}
	printf '"%s"' "${s//[$'\001'-$'\037']/}"
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
	printf '}'
}

# json_array: of the JSON values on its input, one a line.
json_array() {
	local item sep=''

	printf '['
	while IFS= read -r item; do
		[[ $item ]] || continue
		printf '%s%s' "$sep" "$item"
		sep=,
	done
	printf ']'
}

json_strings() {
	local s

	for s in "$@"; do
		json_string "$s"
		echo
	done | json_array
}

# Which of it is said to the reader; all of it is in the JSON.
say() {
	[[ $JSON ]] || printf '%s\n' "$*"
}

# answer TEXT KEY VALUE...: what a command ends with, for the reader or as JSON.
answer() {
	say "$1"
	shift
	[[ ! $JSON ]] || { json_object "$@"; echo; }
}
