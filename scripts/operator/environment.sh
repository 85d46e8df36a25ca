# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The first thing at every entry. The entries run "bash -p", which takes no
# functions and no CDPATH from the caller, and set a PATH of their own before they
# run anything.

# Of POSIXLY_CORRECT.
set +o posix
shopt -u inherit_errexit

# others_in PATH [UID]: the part of it that could be changed by another than root,
# us, and UID; nothing if there is none.
others_in() {
	local path parts=(/) owner group mode part seen own=" 0 $EUID ${2-} "

	path=$(realpath -e -- "$1" 2>/dev/null) || { echo "$1"; return; }
	while [[ $path == /?* ]]; do
		parts+=("$path")
		path=${path%/*}
	done
	seen=$(stat -c '%u %g %a %n' -- "${parts[@]}") || { echo "$1"; return; }
	while read -r owner group mode part; do
		mode=$((8#$mode))
		if [[ $own != *" $owner "* ]] || ((!(mode & 8#1000) &&
			(mode & 8#2 || (mode & 8#20 && group != 0)))); then
			echo "$part"
			return
		fi
	done <<<"$seen"
}

# clean_environment NAMES PATH SELF ARG...: runs the entry SELF again, with ARGs, if
# there is more in its environment than those, PATH, TERM and who used sudo. A shell
# would pass functions on to others that take them.
clean_environment() {
	local word given=() kept=() keep=" PATH TERM SUDO_UID $1 "

	# bash's <( ) would read nothing, and nothing would be wrong.
	[[ -d /dev/fd/ ]] || {
		echo "ena-tx-header: error: there is no /dev/fd: mount /proc, and" \
			"link /dev/fd to /proc/self/fd" >&2
		exit 1
	}
	mapfile -d '' -t given <"/proc/$$/environ"
	for word in "${given[@]}"; do
		[[ ! $word =~ ^[A-Z_]+= || $keep != *" ${word%%=*} "* ]] ||
			kept+=("$word")
	done
	((${#kept[@]} == ${#given[@]})) ||
		exec env -i "${kept[@]}" /bin/bash -p "${@:3}"
	export PATH HOME=/root LC_ALL=C
	PATH=$(safe_path "$2")
	umask 022
}

# safe_path PATH: without folders that others could change, or add a program to; or
# the system's own.
safe_path() {
	local dir path=''

	while read -rd: dir; do
		[[ $dir == /* && ! $(others_in "$dir") ]] || continue
		dir=$(realpath -- "$dir")
		(($(stat -c 0%a -- "$dir") & 0002)) || path+=:$dir
	done <<<"$1:"
	path=${path#:}
	echo "${path:-$PATH}"
}
