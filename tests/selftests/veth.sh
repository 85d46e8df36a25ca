# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154	# work, of those who source this
# Namespaces, a veth pair between each and the next, and the selftest from the
# first to another.

dut=dut-$$ peer=peer-$$ far=far-$$

veth_setup() {
	ip netns add "$dut"
	ip netns add "$peer"
	ip -n "$dut" link add dut0 mtu 9001 type veth \
		peer name peer0 mtu 9001 netns "$peer"
	ip -n "$dut" addr add 192.0.2.1/24 dev dut0
	ip -n "$peer" addr add 192.0.2.2/24 dev peer0
	ip -n "$dut" addr add 2001:db8::1/64 dev dut0 nodad
	ip -n "$peer" addr add 2001:db8::2/64 dev peer0 nodad
	ip -n "$peer" link set peer0 up
	ip -n "$dut" link set dut0 up
	# The carrier comes a moment later.
	until [[ $(ip -n "$dut" -br link show dut0) == *" UP "* ]]; do
		sleep 0.05
	done
}

# One more, which has the peer for a router.
far_setup() {
	ip netns add "$far"
	ip -n "$peer" link add peer1 mtu 9001 type veth \
		peer name far0 mtu 9001 netns "$far"
	ip -n "$peer" addr add 198.51.100.1/24 dev peer1
	ip -n "$far" addr add 198.51.100.2/24 dev far0
	ip -n "$peer" addr add 2001:db8:1::1/64 dev peer1 nodad
	ip -n "$far" addr add 2001:db8:1::2/64 dev far0 nodad
	ip -n "$far" link set far0 up
	ip -n "$peer" link set peer1 up
	ip -n "$dut" route add 198.51.100.0/24 via 192.0.2.2
	ip -n "$far" route add 192.0.2.0/24 via 198.51.100.1
	ip -n "$dut" route add 2001:db8:1::/64 via 2001:db8::2
	ip -n "$far" route add 2001:db8::/64 via 2001:db8:1::1
	ip netns exec "$peer" sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
}

veth_del() {
	[[ ! -e /run/netns/$far ]] || ip netns del "$far"
	ip netns del "$dut" || true
	ip netns del "$peer" || true
}

# run DIR [NAME=VALUE]... [-t NAME]...: the selftest in DIR, what it says in
# $work/tap. "ip netns exec" hides the tracefs that most systems have mounted.
run() {
	local dir=$1 settings=()

	shift
	while [[ ${1-} == *=* ]]; do
		settings+=("$1")
		shift
	done
	# shellcheck disable=SC2016	# expanded by that shell
	env NETIF=dut0 LOCAL_V4=192.0.2.1 REMOTE_V4=192.0.2.2 \
		LOCAL_V6=2001:db8::1 REMOTE_V6=2001:db8::2 \
		REMOTE_TYPE=netns REMOTE_ARGS="$peer" "${settings[@]}" \
		ip netns exec "$dut" bash -c \
		'mount -t tracefs nodev /sys/kernel/tracing && exec "$@"' bash \
		"$dir/drivers/net/hw/tx_short_head.py" "$@" >"$work/tap" 2>&1
}

# As run; every case has to pass, and none to be skipped.
passes() {
	run "$@" && grep -q '^ok ' "$work/tap" && ! grep -q SKIP "$work/tap"
}
