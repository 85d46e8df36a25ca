# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2016,SC2119,SC2154	# see run-unit
# Cases of activate --live.

# A clock that goes on at each look.
CLOCK='clock() { local t=0; read -r t 2>/dev/null <$ROOT/t || :
		echo $((++t)) >$ROOT/t.$BASHPID; mv $ROOT/t.$BASHPID $ROOT/t; echo $t; }
	sleep() { command sleep 0.1; }'

# Once the caller is told that nothing happens, a late keeper does nothing.
test_swap_called_off() {
	local live=run/ena-tx-header/live swap='swap keeper 192.0.2.1 120'
	local tools="$CLOCK; swap() { echo 'it swaps'; }"

	put $live/phase ready
	inside_says 117 "did not start; nothing was" "$tools; follow_swap" &&
		[[ $(inside phase) == reverted ]] &&
		inside_says 0 silent "$tools; cmd_$swap" || return
	put $live/phase ready
	inside_says 0 silent "$tools
		flock() { [[ \$* != *8 ]] || set_phase reverted; }; cmd_$swap"
}

# systemd is there, but its manager is not, or does not answer.
test_no_manager() {
	fake_tool setsid 'echo "detached: $*"'
	fake_tool systemd-run "touch $root/asked; exit 1"
	starts_detached && [[ ! -e $root/asked ]] || return
	put run/systemd/system/x ''
	starts_detached && [[ -e $root/asked ]] || return
	fake_tool timeout 'exit 124'
	fake_tool systemd-run 'exec sleep 300'
	starts_detached
}

starts_detached() {
	put run/ena-tx-header/live/log ''
	inside_says 0 silent 'self=tool TARGET=192.0.2.1 TIME=9 REBOOT=""
		start_keeper; wait' &&
		grep "detached: /bin/bash -p tool swap keeper 192.0.2.1 9" \
			"$root/run/ena-tx-header/live/log"
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

# As nft 1.0.6 and 1.1.3 print them: those by the interface's name stay.
test_swap_nft() {
	local rule

	ready_host
	for rule in 'iif "ens5" tcp dport 22 accept' 'oif != "ens5" accept' \
		'iif { "lo", "ens5" } accept' \
		'iif . tcp dport vmap { "lo" . 22 : drop, "ens5" . 22 : accept }' \
		'type filter hook ingress device "ens5" priority filter;' \
		'type filter hook ingress devices = { ens1, ens5 } priority filter;' \
		$'hook ingress priority filter\n\t\tdevices = { ens5 }' \
		'fwd to "ens5"' 'dup to "ens5"' 'fwd ip to 10.0.0.1 device "ens5"' \
		'meta sdif "ens5" accept' 'iif "ens1"-"ens9" accept' \
		$'typeof meta sdif\n\t\telements = { "ens5" }' \
		$'type iface_index : verdict\n\t\telements = { "lo" : drop,\n\t\t\t     "ens5" : accept }'; do
		nft_has "$rule"
		[[ $(inside rules_of ens5) ]] || { tap_note "$rule"; return 1; }
	done
	nft_has 'iif "ens1" accept'
	refuses_swap "the nft rules with iif" || return
	nft_has $'iifname "ens5" accept\n\t\tiif "lo" accept
	type filter hook ingress devices = { ens1, ens55 } priority filter;
	set names {\n\t\ttype ifname\n\t\telements = { "lo",\n\t\t\t     "ens5" }'
	[[ ! $(inside rules_of ens5) ]]
}

# There may be rules, and nothing to list them.
test_swap_without_nft() {
	ready_host
	mkdir -p "$root/sys/module/nf_tables"
	refuses_swap "nftables rules, if any (install nft" \
		'have() { [[ $1 != nft ]] && command -v "$1" >/dev/null; };' || return
	fake_tool nft 'exit 0'
	says_json 'DRY_RUN=1 LIVE=1 TARGET=192.0.2.1 cmd_activate'
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

# live_host: a swap that is under way: old.ko and new.ko, and tools that load and
# unload them. "insmod_does SCRIPT" comes before insmod's own work.
live_host() {
	local live=run/ena-tx-header/live

	ready_host
	fake_module "$root/$live/old.ko" 11 name=ena
	fake_module "$root/$live/new.ko" 22 name=ena
	running 11
	mv "$root/sys/module/ena" "$root/11"
	running 22
	mv "$root/sys/module/ena" "$root/22"
	put 11/initstate live
	put 22/initstate live
	printf '11%.0s' {1..20} >"$root/$live/old.id"
	printf '22%.0s' {1..20} >"$root/$live/new.id"
	put $live/options ''
	put $live/log ''
	put $live/confirm no
	put $live/phase swapping
	put $live/net/0000:7d:00.0/name ens1
	cp -r "$root/11" "$root/sys/module/ena"
	insmod_does :
	fake_tool rmmod "rm -r $root/sys/module/ena"
}

insmod_does() {
	fake_tool insmod "$1
		case \$1 in *old.ko) id=11;; *) id=22;; esac
		exec cp -r $root/\$id $root/sys/module/ena"
}

# goes_back STATUS COMMANDS: the swap's end, with the phases in its log.
goes_back() {
	inside_says "$1" silent "$CLOCK; LIVE_DIR=\$RUN/live; KEEPER=1; $2
		restore_all() { :; }; revert why"
}

# What went back once would boot next.
test_preflight_after_a_swap() {
	local live=run/ena-tx-header/live why

	patched "$L"
	initramfs "$L" disk
	ready_host
	grub "$K" "$L"
	initramfs "$K" disk
	put $live/new.id "$(inside module_id "$root/lib/modules/$K/updates/dkms/ena.ko")"
	for why in "reverted: no 'confirm' within 120 s" "failed: it did not"; do
		put $live/phase "${why%%:*}"
		put $live/log "12:00:00 swapping" "12:00:01 going back" "12:00:02 $why"
		yields 1 "the last swap to the module on disk went back (${why#*: })" \
			-- preflight-reboot || return
	done
	rm "$root/$live/log"
	yields 1 "went back (its log is gone)" -- preflight-reboot || return
	put $live/log "12:00:02 reverted: the swap did not start; nothing was changed"
	yields 0 ready -- preflight-reboot || return
	put $live/log "12:00:02 reverted: why"
	grub "$L" "$K"
	yields 0 ready -- preflight-reboot || return
	grub "$K" "$L"
	put $live/new.id 1111
	yields 0 ready -- preflight-reboot || return
	put $live/new.id "$(inside module_id "$root/lib/modules/$K/updates/dkms/ena.ko")"
	put $live/phase confirmed
	yields 0 ready -- preflight-reboot
}

# Who was told to mitigate first is told what to do about it.
test_swap_behind_our_mitigation() {
	ready_host
	fake_tool tc 'case "$*" in *"show dev ens1 egress") echo filter;; esac'
	refuses_swap "filters of ens1; reboot instead" 'call_bpf() { said=none; };' &&
		refuses_swap "run 'ena-tx-header mitigate --off' first, or reboot" \
			'call_bpf() { said="clsact 1 0"; };'
}

# An hour forward at each step: the way back still has its time.
test_clock_steps_forward() {
	live_host
	insmod_does "echo >>$root/tries; [ \$(wc -l <$root/tries) -gt 2 ] || exit 1"
	rm -r "$root/sys/module/ena"
	goes_back 0 'sleep() { SECONDS=$((SECONDS + 3600)); command sleep 0.1; }
		REBOOT="";' && ! grep failed "$root/run/ena-tx-header/live/log" &&
		[[ $(inside phase) == reverted ]]
}

# An hour back: what nobody confirmed still goes back.
test_clock_steps_back() {
	live_host
	inside_says 0 silent "$CLOCK; KEEPER=1; REBOOT=''; restore_all() { :; }
		answers() { :; }
		sleep() { SECONDS=0; n=\$((\${n-0} + 1)); ((n < 200)) || exit 9; }
		swap 192.0.2.1 60" && [[ $(inside phase) == reverted ]]
}

# A module that hangs when it is loaded or unloaded.
test_module_hangs() {
	live_host
	rm -r "$root/sys/module/ena"
	insmod_does 'case $1 in *new.ko) exec sleep 300;; esac'
	inside_says 0 silent "$CLOCK; KEEPER=1; REBOOT=''; restore_all() { :; }
		swap 192.0.2.1 60" && [[ $(inside phase) == reverted ]] &&
		grep "insmod hangs" "$root/run/ena-tx-header/live/log" || return
	fake_tool rmmod "[ -e $root/hung ] || { touch $root/hung; exec sleep 300; }
		rm -r $root/sys/module/ena"
	rm -r "$root/sys/module/ena"
	cp -r "$root/22" "$root/sys/module/ena"
	inside_says 0 silent "$CLOCK; REBOOT=''; restore_all() { :; }
		revert why; wait" || return
	grep "rmmod hangs" "$root/run/ena-tx-header/live/log" &&
		[[ $(inside phase) == reverted ]]
}

# A tool that hangs while the network is restored.
test_restore_hangs() {
	live_host
	rm -r "$root/sys/module/ena"
	inside_says 0 silent "$CLOCK; KEEPER=1; REBOOT=''
		restore_all() { [[ \$(running_id) != 22* ]] || exec sleep 300; }
		swap 192.0.2.1 60" && [[ $(inside phase) == reverted ]] &&
		grep "restore_all hangs" "$root/run/ena-tx-header/live/log"
}

# One of two ports: the other one is back on the old module, and it is said.
test_port_never_comes_up() {
	live_host
	put run/ena-tx-header/live/net/0000:7e:00.0/name ens2
	inside_says 1 silent "$CLOCK; KEEPER=1; REBOOT=''
		restore_all() { note restored; return 1; }
		swap 192.0.2.1 60" && [[ $(inside phase) == failed ]] &&
		[[ $(inside running_id) == 11* ]] &&
		grep "no interface: ens2 (0000:7e:00.0)" "$root/run/ena-tx-header/live/log" &&
		grep " restored" "$root/run/ena-tx-header/live/log" &&
		grep "failed: the old module is back without all of the network; the new" \
			"$root/run/ena-tx-header/live/log"
}

# While no ena is loaded it goes on, also after its process was killed.
test_failed_is_not_final() {
	live_host
	rm -r "$root/sys/module/ena"
	insmod_does "case \$1 in *new.ko) exit 1;; esac
		echo >>$root/tries; [ \$(wc -l <$root/tries) -gt 20 ] || exit 1"
	goes_back 0 'REBOOT="";' && [[ $(inside phase) == reverted ]] &&
		grep " failed: the stock module" "$root/run/ena-tx-header/live/log" ||
		return
	put run/ena-tx-header/live/phase failed
	inside_says 0 silent 'restore_all() { :; }; resume why' &&
		[[ $(inside phase) == failed ]] || return
	rm -r "$root/sys/module/ena"
	inside_says 0 silent 'restore_all() { :; }; resume why' &&
		[[ $(inside phase) == reverted ]]
}

# A module without a port is as good as none: it is unloaded, and tried again.
test_old_module_without_a_port() {
	local port=$root/sys/bus/pci/devices/0000:7d:00.0/net/ens1

	live_host
	rm -r "$port"
	insmod_does "case \$1 in *new.ko) exit 1;; esac
		echo >>$root/tries; [ \$(wc -l <$root/tries) -lt 3 ] || mkdir $port"
	goes_back 0 'REBOOT="";' && [[ $(inside phase) == reverted ]] || return
	rm -r "$port"
	put run/ena-tx-header/live/phase failed
	insmod_does :
	fake_tool systemctl "[ \"\$*\" = 'reboot --force' ] && touch $root/rebooted
		kill \$PPID"
	inside_says 143 silent "$CLOCK; REBOOT=1; restore_all() { :; }; resume why"
	[[ -e $root/rebooted ]]
}

# The new module is better than none; --reboot is the last resort.
test_no_module_comes_up() {
	live_host
	rm -r "$root/sys/module/ena"
	insmod_does 'case $1 in *old.ko) exit 1;; esac'
	goes_back 1 'REBOOT="";' && [[ $(inside phase) == failed ]] &&
		[[ -e $root/sys/module/ena/initstate ]] || return
	rm -r "$root/sys/module/ena"
	insmod_does 'exit 1'
	fake_tool systemctl "[ \"\$*\" = 'reboot --force' ] && touch $root/rebooted
		kill \$PPID"
	goes_back 143 'REBOOT=1;'
	[[ -e $root/rebooted ]]
}

# /run is full before, or when the swap has begun.
test_run_is_full() {
	local inode

	ready_host
	fake_tool df 'echo Avail; echo 3'
	inside_says 102 "/run has 3 MiB free" "TARGET=192.0.2.1 LIVE=1
		start_keeper() { echo started; }; cmd_activate" && ! says started &&
		[[ ! -e $root/run/ena-tx-header/live/phase ]] || return
	live_host
	inode=$(stat -c %i "$root/run/ena-tx-header/live/phase")
	rm "$root/run/ena-tx-header/live/log"
	ln -s /dev/full "$root/run/ena-tx-header/live/log"
	inside_says 0 silent 'set_phase confirmed' && [[ $(inside phase) == confirmed &&
		$(stat -c %i "$root/run/ena-tx-header/live/phase") == "$inode" ]]
}

# No phase and nobody at work: activate ends.
test_swap_is_gone() {
	put run/ena-tx-header/live/phase
	inside_says 1 "the processes of the swap are gone" "$CLOCK; follow_swap"
}

# What answers over another interface says nothing about the swap.
test_target_elsewhere() {
	ready_host
	fake_tool ip "case \"\$*\" in *'route get 192.0.2.1'*)
		echo '192.0.2.1 dev lo src 192.0.2.1 uid 0';; esac"
	refuses_swap "192.0.2.1 is not reached over an ENA port" || return
	fake_tool ip "case \"\$*\" in *'route get 192.0.2.1'*)
		echo '192.0.2.1 via 10.0.0.1 dev ens10 src 10.0.0.2';; esac"
	refuses_swap "192.0.2.1 is not reached over an ENA port"
}

# An IPv6-only host has a gateway, too.
test_gateway() {
	fake_tool ip '[ "$1" != -6 ] || echo "default via fe80::1 dev ens1 proto ra"'
	[[ $(inside gateway) == fe80::1%ens1 ]] || return
	ready_host
	[[ $(inside port_to fe80::1%ens1) == ens1 &&
		! $(inside port_to fe80::1%ens2) ]] || return
	fake_tool ip '[ "$1" = -6 ] || echo "default via 192.0.2.9 dev ens1"'
	[[ $(inside gateway) == 192.0.2.9 ]]
}

# one_of WORD TOOL ARGUMENTS OUTPUT: the TOOL says that of ens1.
one_of() {
	ready_host
	fake_tool "$2" "case \"\$*\" in
		*'route get'*) echo '192.0.2.1 dev ens1 src 192.0.2.2';;
		'$3') printf '%s\\n' '$4';; esac"
	refuses_swap "$1" || { tap_note "$1"; return 1; }
	rm "$root/usr/bin/$2"
}

# A route over another port goes with its source address.
test_swap_source_address() {
	local route tail='scope link src 192.0.2.2'

	for route in "10.77.0.0/16 dev ens9 $tail" "10.77.0.0/16 dev ens9 ${tail}0" \
		"192.0.2.0/24 dev ens1 $tail"; do
		ready_host
		fake_tool ip "case \"\$*\" in
			*'route get'*) echo '192.0.2.1 dev ens1 src 192.0.2.2';;
			'-4 -o addr show dev ens1') echo '2: ens1 inet 192.0.2.2/24 scope global';;
			'-4 -o route show table all') echo '$route';; esac"
		if [[ $route == *ens9*.2 ]]; then
			refuses_swap "the routes of others from an address of ens1"
		else
			says_json 'DRY_RUN=1 LIVE=1 TARGET=192.0.2.1 cmd_activate'
		fi || { tap_note "$route"; return 1; }
	done
}

# Not all drivers and kernels answer all of it.
test_picture_without_answers() {
	fake_tool ip 'exit 1'
	fake_tool ethtool 'exit 1'
	inside picture ens1
}

# One of everything that refers to a port.
test_swap_one_of_everything() {
	local bad=0

	one_of "vlan5 (on ens1)" ip '-d -o link show' \
		'7: vlan5@ens1: <BROADCAST> mtu 1500 vlan protocol 802.1Q id 5' || bad=1
	one_of "vx0 (on ens1)" ip '-d -o link show' \
		'7: vx0: <BROADCAST> mtu 1500 vxlan id 1 dev ens1 dstport 4789' || bad=1
	one_of "the tc filters of ens1" tc 'filter show dev ens1 ingress' \
		'filter protocol ip pref 1 u32' || bad=1
	one_of "the tc qdiscs of ens1" tc 'qdisc show dev ens1' \
		'qdisc pfifo 1: root refcnt 2 limit 1000p' || bad=1
	one_of "the tc redirections to ens1" tc 'actions list action mirred' \
		' action order 0: mirred (Egress Redirect to device ens1) stolen' || bad=1
	one_of "the XDP program of ens1" ip '-d link show dev ens1' \
		'2: ens1: <UP> mtu 1500 xdpgeneric  prog/xdp id 1' || bad=1
	one_of "the multipath routes of ens1" ip '-4 -o route show table all' \
		'10.0.0.0/8 nexthop via 192.0.2.1 dev ens1 weight 1' || bad=1
	one_of "the nexthop objects of ens1" ip 'nexthop show dev ens1' \
		'id 1 via 192.0.2.1 dev ens1 scope link' || bad=1
	one_of "a socket of dhclient on ens1" ss '-Hanp -0' \
		'p_raw UNCONN 0 0 *:ens1 * users:(("dhclient",pid=7,fd=5))' || bad=1
	one_of "a socket of named on ens1" ss '-Hanptuw' \
		'tcp ESTAB 0 0 192.0.2.2%ens1:22 192.0.2.1:9 users:(("named",pid=7,fd=5))' \
		|| bad=1
	one_of "a socket of unknown on ens1" ss '-Hanptuw' \
		'udp UNCONN 0 0 [fe80::1]%ens1:546 [::]:*' || bad=1
	one_of "a leased address of ens1" ip '-o addr show dev ens1 dynamic' \
		'2: ens1 inet 192.0.2.2/24 scope global dynamic ens1' || bad=1
	one_of "the proxy neighbours of ens1" ip '-4 neigh show proxy dev ens1' \
		'192.0.2.9 dev ens1 proxy' || bad=1
	one_of "the connections that NAT masquerades" nft 'list ruleset' \
		'		counter packets 0 bytes 0 masquerade' || bad=1
	one_of "the connections that NAT masquerades" nft 'list ruleset' \
		'		counter packets 0 bytes 0 xt target "MASQUERADE"' || bad=1
	one_of "the multicast groups of ens1" ip 'maddr show dev ens1' \
		'	inet  239.1.2.3' || bad=1
	return "$bad"
}

# What is asked of each tool, what it says of NAME, and how that is named.
said_of() {
	local restrict=RestrictNetworkInterfaces

	cat <<-EOF
	tc;filter show dev ens9 ingress;  indev $1;the tc filters by ens1 as input
	tc;filter show dev ens9 root;  input dev $1 ;the tc filters by ens1 as input
	ip;-6 -o route show table all;a encap seg6 dev $1 metric 9;the routes with encap of ens1
	ip;-M route show;100 via inet 10.9.0.1 dev $1;the MPLS routes of ens1
	ip;xfrm policy;dst 10.0.0.0/8 dev $1;the IPsec policies of ens1
	ip;xfrm state;	crypto offload parameters: dev $1 dir out;the IPsec offloads of ens1
	ip;addrlabel;prefix 2001:db8::/32 dev $1 label 9;the address labels of ens1
	ip;mptcp endpoint show;10.9.0.2 id 1 subflow dev $1;the MPTCP endpoints of ens1
	ip;token get dev $1;token ::77 dev $1;the IPv6 token of ens1
	ip;maddr show dev $1;	link  33:33:00:00:00:99 static;the multicast addresses of ens1
	bridge;fdb show dev $1;02:00:00:00:00:77 self;the further MAC addresses of ens1
	timeout;9 systemctl show -p BoundBy sys-$1.device;BoundBy=a.service;the systemd units bound to ens1
	timeout;9 systemctl show -p $restrict *;$restrict=~eth9 $1;$restrict= of ens1
	bridge;fdb show;dev vx0 dst 10.0.0.1 via $1 self;the tunnels' neighbours over ens1
	EOF
}

# tools_say NAME: all of it.
tools_say() {
	local tool

	for tool in tc ip bridge timeout; do
		fake_tool "$tool" "case \"\$*\" in
			$(said_of "$1" | sed -n "s/^$tool;\([^;]*\);\([^;]*\);.*/'\1') echo '\2';;/p")
			esac"
	done
	put proc/net/ip6_mr_vif Interface " 0 $1     0     0     0     0 00000"
}

# Each is found, and that of another port is not.
test_swap_references() {
	nic
	put sys/class/net/ens9/mtu 1500
	fake_tool ss 'exit 0'
	fake_tool nft 'exit 0'
	fake_tool systemd-escape 'case "$3" in */net/devices/ens1) echo sys-ens1.device;; esac'
	tools_say ens1
	inside lost_with ens1 >"$work/out"
	{
		echo "the multicast routing of ens1"
		said_of ens1 | sed 's/.*;//'
	} | sort -u | diff - <(sort -u "$work/out") || return
	tools_say ens2
	[[ ! $(inside lost_with ens1 | tee /dev/stderr) ]]
}

test_swap_services() {
	nic
	runs_as 7 ipvs-b:0:0
	[[ $(inside services_of ens1) == "the sync daemon of IPVS" ]] || return
	runs_as 7 sleep
	put sys/fs/cgroup/net_prio/a/net_prio.ifpriomap "lo 1" "ens1 0"
	[[ ! $(inside services_of ens1) ]] || return
	put sys/fs/cgroup/net_prio/a/net_prio.ifpriomap "lo 0" "ens1 5"
	[[ $(inside services_of ens1) == "the net_prio priorities of ens1" ]]
}

test_swap_flags() {
	ready_host
	put sys/class/net/ens1/flags 0x1002
	[[ ! $(inside flags_of ens1) ]] || return
	put sys/class/net/ens1/flags 0x1103
	refuses_swap "the flags 0x1103 of ens1"
}

test_swap_restores_queue_length() {
	local dir=run/ena-tx-header/live/net/0000:7d:00.0 file

	ready_host
	for file in link addresses neighbours routes4 routes6 features sysctls; do
		put "$dir/$file" ''
	done
	put $dir/name ens1
	put $dir/mtu 9001
	put $dir/flags 0x1003
	put $dir/qlen 500
	fake_tool ip "echo \"\$*\" >>$root/asked"
	inside restore_net 0000:7d:00.0 &&
		has_line "$root/asked" "link set dev ens1 txqueuelen 500"
}

# What is said to differ afterwards.
test_swap_picture() {
	local file

	ready_host
	for file in flags address gro_flush_timeout queues/rx-0/rps_cpus \
		queues/tx-1/xps_cpus; do
		put "sys/class/net/ens1/$file" 1
		inside picture ens1 >"$work/picture"
		put "sys/class/net/ens1/$file" 2
		inside eval "note() { echo \"\$*\"; }; compare_picture ens1 $work" \
			>"$work/out"
		has_line "$work/out" "ens1 differs: > $root/sys/class/net/ens1/$file:2" ||
			{ tap_note "$file"; return 1; }
	done
}

# In another network namespace an upper interface shows by the index alone.
test_swap_other_namespaces() {
	local kind

	nic
	put sys/class/net/ens1/ifindex 5
	for kind in vxlan gre macsec macvlan; do
		[[ $(inside eval "other_namespaces() { echo '7: x0@if5: <UP> mtu 1 $kind id 5' |
			grep -E \"\$1\"; }; on_top ens1") == *"in another network"* ]] || {
			tap_note "$kind"; return 1; }
	done
	[[ ! $(inside eval "other_namespaces() { echo '7: x0@if5: <UP> mtu 1 veth ' |
		grep -E \"\$1\"; }; on_top ens1") ]]
}

# A socket that ss does not show may be bound to the port.
test_swap_protocols() {
	nic
	fake_tool ss 'exit 0'
	put proc/net/protocols "protocol  size sockets  memory press" \
		"XDP       1088      0      -1   NI" "RAWv6     1344      1      -1   NI" \
		"UNIX-STREAM 1152    9      -1   NI" "NETLINK   1096      7      -1   NI"
	[[ ! $(inside sockets_of ens1) ]] || return
	put proc/net/protocols "protocol  size sockets  memory press" \
		"XDP       1088      1      -1   NI"
	[[ $(inside sockets_of ens1) == "sockets of the protocol XDP" ]]
}

# runs_as PID NAME [UID [NET]]: a process in that network namespace, a file.
runs_as() {
	put "proc/$1/comm" "$2"
	put "proc/$1/status" "Uid:	${3-0}	0	0	0"
	ln -sfn "$root" "$root/proc/$1/root"
	mkdir -p "$root/proc"/{"$1",self}/ns
	touch "$root/proc/self/ns/net" "$root/proc/other"
	ln -f "$root/proc/${4-self/ns/net}" "$root/proc/$1/ns/net"
}

# Those of other users and of containers only have the name.
test_swap_believes_root_alone() {
	local name swap='DRY_RUN=1 LIVE=1 TARGET=192.0.2.1 cmd_activate'

	ready_host
	for name in udhcpc firewalld; do
		runs_as 77 "$name" 12345 && says_json "$swap" &&
			runs_as 77 "$name" 0 other && says_json "$swap" &&
			runs_as 77 "$name" && ln -sfn / "$root/proc/77/root" &&
			says_json "$swap" || { tap_note "$name"; return 1; }
	done
	fake_tool ip "case \"\$*\" in *'route get'*)
		echo '192.0.2.1 dev ens1 src 192.0.2.2';; *dynamic) echo lease;; esac"
	runs_as 77 NetworkManager 12345 && refuses_swap "a leased address" &&
		runs_as 77 NetworkManager && says_json "$swap" || return
	fake_tool ss "[ \"\$*\" != '-Hanp -0' ] ||
		echo 'p_raw UNCONN 0 0 *:ens1 * users:((\"NetworkManager\",pid=77,fd=5))'"
	says_json "$swap" && runs_as 77 NetworkManager 12345 &&
		refuses_swap "a socket of NetworkManager on ens1" || return
	fake_tool ss 'exit 0'
	put etc/passwd 'bob:x:998::/:' 'systemd-network:x:12345:12345::/:'
	runs_as 77 systemd-network 998 && refuses_swap "a leased address" &&
		runs_as 77 systemd-network 12345 && says_json "$swap"
}

# The same by files of the kernel.
test_swap_one_of_each_file() {
	local place

	runs_as 77 sleep
	runs_as 78 sleep
	for place in "sys/class/net/ens1/upper_br0/x:br0 (on ens1)" \
		"proc/77/comm:the DHCP client udhcpc" "sys/module/netconsole/x:netconsole" \
		"proc/net/pktgen/ens1:pktgen" "proc/78/comm:firewalld" \
		"sys/module/tipc/x:tipc" "sys/class/net/ens1/device/ptp/x:the PTP clock of ens1" \
		"proc/net/ip6_tables_names:the connections of iptables' table nat"; do
		ready_host
		put "${place%%:*}" "${place##*[ :]}"
		refuses_swap "${place#*:}" || { tap_note "$place"; return 1; }
		place=${place%%:*}
		rm -r "${root:?}/${place%/*}"
	done
	runs_as 7 systemd-network
	fake_tool ss "[ \"\$*\" != '-Hanp -0' ] ||
		echo 'p_raw UNCONN 0 0 *:ens1 * users:((\"systemd-network\",pid=7,fd=5))'"
	says_json 'DRY_RUN=1 LIVE=1 TARGET=192.0.2.1 cmd_activate'
}
