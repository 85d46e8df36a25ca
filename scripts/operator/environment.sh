# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The first thing at every entry. The entries run "bash -p", which takes no
# functions and no CDPATH from the caller.

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

# clean_environment NAME...: only those, who used sudo, and of PATH what others
# could not change.
clean_environment() {
	local name dir path='' keep=" PATH TERM SUDO_UID $* "

	# bash's <( ) would read nothing, and nothing would be wrong.
	[[ -d /dev/fd/ ]] || {
		echo "ena-tx-header: error: there is no /dev/fd: mount /proc, and" \
			"link /dev/fd to /proc/self/fd" >&2
		exit 1
	}
	for name in $(compgen -e); do
		[[ $keep == *" $name "* ]] ||
			unset "$name" 2>/dev/null || true
	done
	while read -rd: dir; do
		[[ $dir != /* || $(others_in "$dir") ]] || path+=:$dir
	done <<<"$PATH:"
	export PATH=${path#:} HOME=/root LC_ALL=C
	umask 022
}
