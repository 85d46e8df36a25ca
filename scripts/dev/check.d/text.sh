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

# "asymmetri" is what /proc/keys makes of it, "iif" is nft's.
check_codespell() {
	(cd -- "$top" && files . | xargs codespell -L asymmetri,iif) || true
}

check_kernel_doc() {
	"$ksrc/scripts/kernel-doc" -none -Wall \
		"$top/kernel/linux/ena/ena_tx_header.h" 2>&1 |
		grep -iE 'warning|error' | sort -u || true
}

# checkpatch PATTERN [OPTION]...: there is no history to look up a Fixes: line
# in, and MAINTAINERS names whole folders. 123: xargs, of findings.
checkpatch() {
	files "$1" | sed "s|^|$top/|" |
		(cd -- "$ksrc" && xargs -d '\n' -n 8 -P "$(nproc)" \
			perl scripts/checkpatch.pl --strict --codespell \
			--terse --max-line-length=80 --no-signoff \
			--no-summary --show-types --ignore \
			"UNKNOWN_COMMIT_ID,FILE_PATH_CHANGES,${ignore-}" \
			"${@:2}") || (($? == 123))
}

# What says nothing of code that is not in a kernel tree.
readonly OUTSIDE="
PREFER_KERNEL_TYPES		in user space there are none,
PREFER_DEFINED_ATTRIBUTE_MACRO	nor __packed and the like,
BIT_MACRO			nor BIT(),
ARRAY_SIZE			nor ARRAY_SIZE(),
STRCPY				nor strscpy(),
STRNCPY				nor strscpy_pad()
CAMELCASE			names of libc, libFuzzer and cmocka
SPLIT_STRING			what is printed is not a log to be searched
VOLATILE			a signal's flag; what planted.c must not lose
LINUX_VERSION_CODE		a module for 6.1 to 7.3
CONSTANT_COMPARISON		LINUX_VERSION_CODE passes for a constant
MSLEEP				a poll that may take its time
AVOID_EXTERNS			a function in assembly
"

check_checkpatch() {
	local ignore=

	checkpatch '^patches/.*\.patch$'
	checkpatch '^(kernel|tests/check)/.*\.[ch]$' -f
	ignore=$(awk -v ORS=, '{ print $1 }' <<<"$OUTSIDE")
	checkpatch '^(scripts|tests)/.*\.[ch]$' -f
}

check_header_length() {
	local rule=$top/scripts/dev/check.d/header-length

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
