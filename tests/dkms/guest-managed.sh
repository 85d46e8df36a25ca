# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154	# see guest-swap
# Hosts whose network others set up, under systemd.

# stock_by_netplan YAML-LINE...: the first port's settings, by its address, with a
# name of netplan's.
stock_by_netplan() {
	nic=lan0 other=eth1 peer=192.0.2.1
	[[ $1 != dhcp6* ]] || peer=2001:db8::1
	target=$peer
	end_swap
	rmmod ena 2>/dev/null || true
	rm -rf /run/ena-tx-header
	insmod "$STOCK"
	ip link show dev eth0 >/dev/null || return
	{
		printf '%s\n' "network:" "  version: 2" "  renderer: networkd" \
			"  ethernets:" "    lan0:" \
			"      match: {macaddress: \"$(cat /sys/class/net/eth0/address)\"}" \
			"      set-name: lan0" "      mtu: 9001"
		printf '      %s\n' "$@"
		printf '    %s\n' "eth1: {optional: true, dhcp4: true}"
	} | install -m 600 /dev/stdin /etc/netplan/50-test.yaml
	netplan apply && await_networkd && network >"$WORK/network"
}

# Once it is done with a port, and what it does a little later.
await_networkd() {
	/usr/lib/systemd/systemd-networkd-wait-online -i lan0 --timeout=60 || {
		networkctl status lan0
		tail -n 20 /guest/dnsmasq.log
		return 1
	}
	until ping -c1 -W1 "$peer" >/dev/null; do :; done
	until [[ ! $(ip -6 addr show tentative) ]]; do sleep 0.2; done
	sleep 5
}

# live_netplan static|dhcp|dhcp6: the last is told by a router to ask for an address.
live_netplan() {
	case $1 in
	static) stock_by_netplan \
		'addresses: [192.0.2.2/24, 192.0.2.5/24, "2001:db8::2/64"]' \
		'routes:' '  - {to: default, via: 192.0.2.1}' \
		'  - {to: 198.51.100.0/24, via: 192.0.2.1, metric: 50}' \
		'  - {to: 203.0.113.0/24, via: 192.0.2.1, table: 100}' \
		'  - {to: "2001:db8:5::/64", via: "2001:db8::1"}' \
		'routing-policy:' '  - {from: 192.0.2.5, table: 100}' ;;
	dhcp) stock_by_netplan 'dhcp4: true' ;;
	dhcp6) stock_by_netplan 'dhcp6: true' ;;
	esac || return
	if [[ $(ip nexthop show dev lan0) ]]; then
		refused_for_nexthops
		return
	fi
	start_stream
	sleep 1
	activate && confirm && await_networkd && is_as_before patched &&
		sleep 10 && is_as_before patched && stream_is_whole || return
	[[ $1 == static ]] || lease_is_renewed
}

# systemd-networkd 257 makes them of what a router advertises; 252 did not.
refused_for_nexthops() {
	ends 118 "a swap would lose what it cannot restore: the nexthop objects of lan0" \
		stock
}

# The server's leases last two minutes.
lease_is_renewed() {
	local i

	for ((i = 0; i < 130; i++)); do
		[[ $(ip -o addr show dev lan0 dynamic scope global) ]] || break
		sleep 1
	done
	((i == 130)) && ping -c3 -W2 "$peer" >/dev/null
}

# The kernel itself takes the router's word, without a manager.
live_router_advertises() {
	start_stock
	echo 1 >/proc/sys/net/ipv6/conf/eth0/accept_ra
	ip -4 addr flush dev eth0
	ip -6 route del default dev eth0
	ip link set eth0 down
	ip link set eth0 up
	ip addr replace 2001:db8::2/64 dev eth0
	peer=2001:db8::1 target=''
	until ping -c1 -W1 "$peer" >/dev/null; do :; done
	until ip -6 route show default dev eth0 | grep "proto ra"; do sleep 0.2; done
	until [[ ! $(ip -6 addr show tentative) ]]; do sleep 0.2; done
	network >"$WORK/network"
	start_stream
	sleep 1
	activate && confirm && is_as_before patched && sleep 10 &&
		is_as_before patched && stream_is_whole
}

# The program itself: it is refused by name, and works on.
live_real_firewalld() {
	local status=0

	start_stock
	systemctl start firewalld || return
	activate || status=$?
	systemctl stop firewalld
	((status == 118)) && grep -q "restore: .*firewalld" "$WORK/out" &&
		is_as_before stock && [[ ! -e /run/ena-tx-header/live ]]
}
