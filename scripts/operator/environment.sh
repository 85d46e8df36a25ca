# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The first thing at every entry. The entries run "bash -p", which takes no
# functions and no CDPATH from the caller, and set a PATH of their own before they
# run anything.

# Of POSIXLY_CORRECT.
set +o posix
shopt -u inherit_errexit

# find_way PATH: fills the caller's "way" with each folder and link that leads to it,
# as far as they are there.
find_way() {
	local here='' left=$1 to

	[[ $left == /* ]] || left=$PWD/$left
	way=(/)
	while [[ $left =~ ^/*([^/]+)(.*) ]]; do
		to=${BASH_REMATCH[1]} left=${BASH_REMATCH[2]}
		case $to in
		.) continue ;;
		..) here=${here%/*}; continue ;;
		esac
		[[ -e $here/$to || -L $here/$to ]] || return 0
		way+=("$here/$to")
		((${#way[@]} < 1000)) || return	# links in a circle
		if [[ -L $here/$to ]]; then
			to=$(readlink -- "$here/$to")
			left=$to$left
			[[ $to != /* ]] || here=''
		else
			here+=/$to
		fi
	done
}

# others_on PATH [UID]: the first part of the way to it that could be changed by
# another than root, us, and UID. Root's group may write, as what root unpacks from
# a kernel's tarball says; the group's bits may be those of an ACL, though.
others_on() {
	local way seen i owner group mode own=" 0 $EUID ${2-} "

	find_way "$1" || { echo "$1"; return; }
	mapfile -t seen < <(stat -c '%u %g %f' -- "${way[@]}" 2>/dev/null)
	for i in "${!way[@]}"; do
		read -r owner group mode <<<"${seen[i]-}" || true
		mode=$((16#${mode:-41777}))
		# A link has no mode. In a sticky folder only owners rename.
		if [[ $own != *" ${owner:-unknown} "* ]] || { ((mode & 8#22 &&
			(mode & 8#170000) != 8#120000 &&
			(mode & 8#171000) != 8#41000)) &&
			others_write "$mode" "$group" "${way[i]}"; }; then
			echo "${way[i]}"
			return
		fi
	done
}

# others_write MODE GROUP PATH: root's group is root, but for an ACL.
others_write() {
	(($1 & 8#2 || ($1 & 8#20 && $2))) || { (($1 & 8#20)) && has_acl "$3"; }
}

has_acl() {
	[[ $(ls -ld -- "$1") == ??????????+* ]]
}

# others_in PATH [UID]: the same, or the path itself if it is not there.
others_in() {
	if [[ -e $1 ]]; then others_on "$@"; else echo "$1"; fi
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
	local dir mode group path=''

	while read -rd: dir; do
		[[ $dir == /* && ! $(others_in "$dir") ]] || continue
		dir=$(realpath -- "$dir")
		read -r mode group <<<"$(stat -c '0%a %g' -- "$dir")"
		others_write "$mode" "$group" "$dir" || path+=:$dir
	done <<<"$1:"
	path=${path#:}
	echo "${path:-$PATH}"
}
