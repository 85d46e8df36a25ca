# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2016,SC2119,SC2154	# see run-unit
# Cases of activate --live.

# Once the caller is told that nothing happens, a late keeper does nothing.
test_swap_called_off() {
	local live=run/ena-tx-header/live swap='swap keeper 192.0.2.1 120'
	local tools='sleep() { SECONDS=$((SECONDS + 20)); }
		swap() { echo "it swaps"; }'

	put $live/phase ready
	inside_says 117 "did not start; nothing was" "$tools; follow_swap" &&
		[[ $(cat "$root/$live/phase") == reverted ]] &&
		inside_says 0 silent "$tools; cmd_$swap" || return
	put $live/phase ready
	inside_says 0 silent "$tools
		flock() { [[ \$1 != 8 ]] || set_phase reverted; }; cmd_$swap"
}

# What activate --live --json ends with.
test_json_of_swaps() {
	local phase

	ready_host
	put run/ena-tx-header/live/log ''
	for phase in swapped confirmed; do
		put run/ena-tx-header/live/phase "$phase"
		says_json follow_swap && says "jq .phase == \"$phase\"" || return
	done
	running 22 "$VERSION"
	says_json 'LIVE=1 TARGET=192.0.2.1 cmd_activate' &&
		says 'jq .phase == "none"'
}

# refuses_swap WORD [COMMANDS]: with the tools of this host.
refuses_swap() {
	inside_says 118 "$1" "TARGET=192.0.2.1 DRY_RUN=1 LIVE=1; ${2-}
		cmd_activate"
}

test_swap_without_tc() {
	ready_host
	refuses_swap "there is no tc" \
		'have() { [[ $1 != tc ]] && command -v "$1" >/dev/null; };'
}

# As bpftool 7.5 prints it.
test_swap_tcx() {
	ready_host
	fake_tool bpftool "[ \"\$*\" = 'net show dev ens1' ] || exit
printf '%s\n' xdp: '' tc: 'ens1(2) tcx/ingress cil_from_netdev prog_id 9 link_id 3'"
	refuses_swap "the tcx programs of ens1"
}

# As nft 1.0.6 prints them: those by the interface's name stay.
test_swap_nft() {
	local rule

	ready_host
	for rule in 'iif "ens5" tcp dport 22 accept' 'oif != "ens5" accept' \
		'iif { "lo", "ens5" } accept' \
		'iif . tcp dport vmap { "lo" . 22 : drop, "ens5" . 22 : accept }' \
		'type filter hook ingress device "ens5" priority filter;' \
		$'type iface_index : verdict\n\t\telements = { "lo" : drop,\n\t\t\t     "ens5" : accept }'; do
		nft_has "$rule"
		[[ $(inside nft_rules ens5) ]] || { tap_note "$rule"; return 1; }
	done
	nft_has 'iif "ens1" accept'
	refuses_swap "the nft rules with iif" || return
	nft_has $'iifname "ens5" accept\n\t\tiif "lo" accept
	set names {\n\t\ttype ifname\n\t\telements = { "lo",\n\t\t\t     "ens5" }'
	[[ ! $(inside nft_rules ens5) ]]
}

nft_has() {
	printf 'table inet t {\n\tset ifs {\n\t\t%s\n\t}\n}\n' "$1" >"$root/rules"
	fake_tool nft "[ \"\$*\" = 'list ruleset' ] || exit; cat $root/rules"
}

test_features() {
	fake_tool ethtool "printf '%s\n' 'Features for ens1:' \
		'tx-checksumming: on' '	tx-checksum-ipv4: off' \
		'	tx-checksum-sctp: off [fixed]' 'scatter-gather: off'"
	[[ $(inside features ens1 | paste -sd,) == \
		"tx-checksumming on,tx-checksum-ipv4 off,scatter-gather off" ]]
}
