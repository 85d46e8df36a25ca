# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034	# of scripts/check: ksrc, out, top, work
# The checks that compile nothing. They read the tree in $top.

# files PATTERN: the files below $top whose names match
files() {
	(cd -- "$top" && find . -path ./build -prune -o -path ./.git -prune \
		-o -type f -print | sed 's|^\./||' | grep -E -- "$1" | sort)
}

# lint CHECK: what scripts/dev/lint finds in $top, with the lab's tools
lint() {
	"$REPO/scripts/dev/lint" --top "$top" "$1" || (($? == 1))
}

check_kernel_doc() {
	"$ksrc/scripts/kernel-doc" -none -Wall \
		"$top/kernel/linux/ena/ena_tx_header.c" 2>&1 |
		grep -iE 'warning|error' | sort -u || true
}

# checkpatch PATTERN [OPTION]...: without history, Fixes: cannot be looked up.
# MAINTAINERS names whole folders. xargs exits with 123 if there are findings.
checkpatch() {
	files "$1" | sed "s|^|$top/|" |
		(cd -- "$ksrc" && xargs -d '\n' -n 8 -P "$(nproc)" \
			perl scripts/checkpatch.pl --strict --codespell \
			--terse --max-line-length=80 --no-signoff \
			--no-summary --show-types --ignore \
			"UNKNOWN_COMMIT_ID,FILE_PATH_CHANGES,${ignore-}" \
			"${@:2}") || (($? == 123))
}

# Types that do not apply to code outside of a kernel tree
readonly OUTSIDE="
PREFER_KERNEL_TYPES		in user space there are none,
PREFER_DEFINED_ATTRIBUTE_MACRO	nor __packed and the like,
BIT_MACRO			nor BIT(),
ARRAY_SIZE			nor ARRAY_SIZE(),
STRCPY				nor strscpy(),
STRNCPY				nor strscpy_pad()
CAMELCASE			names of libc, libFuzzer and cmocka
SPLIT_STRING			not a kernel log that people search
VOLATILE			a signal's flag; accesses that planted.c needs
LINUX_VERSION_CODE		a module for 6.1 to 7.3
CONSTANT_COMPARISON		LINUX_VERSION_CODE is in capitals
MSLEEP				a poll without a deadline
AVOID_EXTERNS			a function in assembly
COMPLEX_MACRO			macros that declare, as libbpf's do,
MACRO_ARG_PRECEDENCE		and the names in them
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

# With the kernel's .pylintrc, beside the library. NIPA counts E, W and C.
check_pylint() {
	local hw=drivers/net/hw

	make -s -C "$top/tests/selftests" KSRC="$ksrc" O="$work/selftests"
	(cd -- "$work/selftests" &&
		pylint --rcfile="$ksrc/.pylintrc" --score=n --disable=R,I \
			--msg-template='{path}:{line}: {msg_id} {msg}' \
			"$hw"/tx_short_*.py) | grep -v '^\*\*\*' || true
}

# Addresses in FILE, without what nobody has to send to
addresses() {
	grep -oE '[^[:space:]<>",]+@[^[:space:]<>",]+' "$1" |
		tr '[:upper:]' '[:lower:]' |
		grep -vx linux-kernel@vger.kernel.org | sort -u
}

# Compares the mails that send-email-check makes with get_maintainer.pl's list.
# It names the authors of the commit in Fixes: only where it has the history.
check_cc_maintainers() {
	local tree=${LINUX_GIT-$ksrc} args=(--no-git)

	[[ ! ${LINUX_GIT-} ]] || args=(--git-min-percent 35)
	"$REPO/scripts/dev/send-email-check" >&2
	(cd -- "$tree" && perl "$ksrc/scripts/get_maintainer.pl" "${args[@]}" \
		--no-git-fallback "$top"/patches/000[1-9]-*.patch) >"$work/wanted"
	grep -E '^(To|Cc|From|\s+)' "$REPO/build/send-email/series.mbox" \
		>"$work/mailed"
	comm -23 <(addresses "$work/wanted") <(addresses "$work/mailed") |
		sed 's/^/not among the recipients: /'
}
