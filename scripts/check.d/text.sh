# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034	# of scripts/check: ksrc, out, top, work
# The checks that only read. $top is what they read.

# files PATTERN: the names of our files, from $top, that match.
files() {
	(cd -- "$top" && find . -path ./build -prune -o -path ./.git -prune \
		-o -type f -print | sed 's|^\./||' | grep -E -- "$1" | sort)
}

shellcheck_them() {
	(cd -- "$top" && shellcheck -x -f gcc -P SCRIPTDIR -P . "$@") |
		grep -v "^/" || true
}

# with_line REGEX: our files that have such a line.
with_line() {
	(cd -- "$top" && files . | xargs grep -lE "$1")
}

# With what they source; then that alone, as some of it is sourced by names
# that shellcheck cannot know. SC2154: variables of those who source.
check_shellcheck() {
	local scripts sourced

	mapfile -t scripts < <(with_line '^#!/bin/((ba)?sh|busybox sh)')
	mapfile -t sourced < <(with_line '^# shellcheck shell=')
	{
		shellcheck_them -a "${scripts[@]}"
		shellcheck_them -e SC2154 "${sourced[@]}"
	} | sort -u
}

# "asymmetri" is what /proc/keys makes of it.
check_codespell() {
	(cd -- "$top" && files . | xargs codespell -L asymmetri) || true
}

check_kernel_doc() {
	"$ksrc/scripts/kernel-doc" -none -Wall \
		"$top/kernel/linux/ena/ena_tx_header.h" 2>&1 |
		grep -iE 'warning|error' | sort -u || true
}

# No history to look up a Fixes: line in, and MAINTAINERS names whole folders.
checkpatch() {
	(cd -- "$ksrc" && perl scripts/checkpatch.pl --codespell --terse \
		--max-line-length=80 --no-signoff --no-summary --show-types \
		--ignore "UNKNOWN_COMMIT_ID,FILE_PATH_CHANGES,${ignore-}" \
		"$@") || (($? == 1))
}

of_files() {
	local names

	mapfile -t names < <(files "$1" | sed "s|^|$top/|")
	checkpatch "${@:2}" "${names[@]}"
}

# In user space there are no kernel types, attribute macros or strscpy().
check_checkpatch() {
	local ignore=

	of_files '^patches/.*\.patch$' --strict
	of_files '^(kernel|tests/unit/check)/.*\.[ch]$' --strict -f
	ignore=PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,STRCPY
	of_files '^tests/(ena-device|vm|selftests)/.*\.[ch]$' -f
}

check_header_length() {
	local rule=$top/scripts/check.d/header-length

	(cd -- "$ksrc/drivers/net/ethernet" &&
		grep -rl --include='*.c' skb_headlen . | sort | xargs -P 2 -n 16 \
		spatch -D report --no-includes --very-quiet --python python3 \
		--timeout 60 --sp-file "$rule.cocci") |
		sed -n 's|^\./||p' | sort -u >"$work/findings"
	[[ -s $work/findings ]] || echo "$rule.cocci finds nothing, not even ENA"
	grep -v '^#' "$rule.triage" | cut -f 1,2 | sort -u |
		comm -3 "$work/findings" - |
		sed 's/^\t/no longer found: /; t; s/^/no verdict: /'
}
