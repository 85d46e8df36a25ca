# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034,SC2154	# of scripts/check: ksrc, out, top, work
# Runs each check on a copy of the tree with a fault in it.

copy_top() {
	rm -rf -- "$work/top"
	mkdir -- "$work/top"
	(cd -- "$REPO" && tar -c --exclude=./build --exclude=./.git .) |
		tar -x -C "$work/top"
}

# Other text for a line of the fix, so that the patch still applies.
plant_line() {
	sed -i "s/^+$1/+$2/" "$top"/patches/0001-*.patch
}

# plant_in NUMBER FILE LINE: what patch NUMBER would add to FILE
plant_in() {
	sed -i "\|^+++ b/.*/$2\$|,/^@@/s/^@@.*/&\n+$3/" "$top"/patches/000"$1"-*.patch
}

# A kernel repository in which somebody else made the commit to be fixed.
plant_author() {
	local git=(git -c user.name=Blamed -c user.email=blamed@example.invalid)

	LINUX_GIT=$work/history
	mkdir -- "$LINUX_GIT"
	ln -s -- "$ksrc"/* "$LINUX_GIT"
	"${git[@]}" init -q "$LINUX_GIT"
	"${git[@]}" -C "$LINUX_GIT" commit -qs --allow-empty -m planted
	sed -i "s/^Fixes: [0-9a-f]*/Fixes: $(git -C "$LINUX_GIT" \
		rev-parse --short=12 HEAD)/" "$top"/patches/0001-*.patch
}

plant() {
	case $1 in
	shellcheck) echo 'rm -- $*' >>"$top/scripts/operator/live.sh" ;;
	codespell) echo 'teh' >>"$top/README.md" ;;
	kernel-doc) sed -i 's|^static noinline u32|/**\n * ena_tx_l4_header_end() - planted\n */\n&|' \
		"$top/kernel/linux/ena/ena_tx_header.c" ;;
	checkpatch) plant_line '\treturn false' '    return false' ;;
	header-inline) sed -i 's/ena_netdev\.c/ena_netdev.h/' "$top"/patches/0001-*.patch ;;
	source-inline) plant_in 1 ena_netdev.c 'static inline bool f(void)' ;;
	deprecated-api) plant_in 1 ena_netdev.c '	dev_hold(netdev);' ;;
	check-selftest) sed -i 's/^+\ttx_short_head\.py/+\ttx_other.py/' \
		"$top"/patches/0002-*.patch ;;
	series-format) sed -i 's/^Subject: \[PATCH net 2/Subject: [PATCH 2/' \
		"$top"/patches/0002-*.patch ;;
	fixes) sed -i '/^Fixes:/s/ ("/ "/' "$top"/patches/0001-*.patch ;;
	cc-maintainers) plant_author ;;
	pylint) echo 'import sys' >>"$top/tests/selftests/tx_short_head.py" ;;
	gcc) plant_line '\(.*\)htons(IP_OFFSET)' '\1IP_OFFSET' ;;
	clang | arm64 | i386) plant_line '\(\tint tags\)' '\1, planted' ;;
	coccicheck) plant_line '\t}$' '\t};' ;;
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
