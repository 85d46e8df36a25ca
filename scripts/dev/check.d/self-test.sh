# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034,SC2154	# of scripts/check: ksrc, out, top, work
# Each check is shown a copy of the tree with a fault in it.

copy_top() {
	rm -rf -- "$work/top"
	mkdir -- "$work/top"
	(cd -- "$REPO" && tar -c --exclude=./build --exclude=./.git .) |
		tar -x -C "$work/top"
}

# A line that every build of the driver sees.
plant_line() {
	sed -i "s/^\treturn !ena_tx_l4_in_head(.*/\t$1\n&/" \
		"$top/kernel/linux/ena/ena_tx_header.h"
}

plant() {
	case $1 in
	shellcheck) echo 'rm -- $*' >>"$top/scripts/operator/live.sh" ;;
	codespell) echo 'teh' >>"$top/README.md" ;;
	kernel-doc) sed -i '/^ \* @skb:/d' \
		"$top/kernel/linux/ena/ena_tx_header.h" ;;
	checkpatch) sed -i 's/^+\treturn !ena_tx_l4_in_head/+    return !ena_tx_l4_in_head/' \
		"$top"/patches/0001-*.patch ;;
	gcc) plant_line '__be16 x = max_header_size; if (x) return true;' ;;
	clang | arm64 | i386) plant_line 'int planted;' ;;
	coccicheck) plant_line 'if (!max_header_size) { return false; };' ;;
	header-length) sed -i '/^amazon/d' \
		"$top/scripts/dev/check.d/header-length.triage" ;;
	alternatives) sed -i 's/^+.*= 0;$/+\t\t*header_len = none;/' \
		"$top/patches/alternatives/no-hint.patch" ;;
	esac
}

plant_and_report() {
	local status

	copy_top
	top=$work/top
	plant "$1"
	n=$((n + 1))
	find_faults "$1"
	top=$REPO
	if ((!status)) && [[ -s $work/found ]]; then
		echo "ok $n $1 finds: $(grep -m 1 -o '[^/]*$' "$work/found")"
	else
		failed=1
		echo "not ok $n $1 does not find a planted fault"
		sed 's/^/# /' "$work/log"
	fi
}
