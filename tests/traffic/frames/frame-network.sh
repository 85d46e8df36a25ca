# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The network of the frame fuzzer, the faults and the soak, for sourcing inside
# the guest, after tests/lib/microvm.sh:
#
#                host                               netns client
#   frames -> fuzz_dut -mirred-> ena0 <---wire---> ena1 -> frames
#          -> fuzz_ref -mirred-> ref0 <---veth---> ref1 ->
#
# No address anywhere: nothing but the frames of the tests is on these wires.

has_carrier() {
	[ "$(cat /sys/class/net/ena0/carrier 2>/dev/null)" = 1 ]
}

quiet() { # COMMAND-PREFIX...
	"$@" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1
}

# With noqueue a frame is dropped and counted where the driver has no room; with
# pfifo it waits.
QDISC='pfifo limit 10000'

ena0_attach() {
	# shellcheck disable=SC2086	# arguments
	tc qdisc replace dev ena0 root $QDISC
	wait_for 60 has_carrier || {
		echo "ena0 has no carrier" >&2
		return 1
	}
}

tap_setup() { # TAP TO
	ip tuntap add dev "$1" mode tap vnet_hdr
	ip link set "$1" up
	redirect "$1" "$2"
}

# A GSO frame can become thousands.
reference_setup() {
	sysctl -qw net.core.netdev_max_backlog=10000
	ip link add ref0 mtu 65535 type veth peer name ref1 mtu 65535 netns client
	ethtool -K ref0 tx off tso off gso off >/dev/null
	ip -n client link set ref1 up
	ip link set ref0 up
	tap_setup fuzz_ref ref0
}

frames_net_setup() { # ENA_KO
	local module
	for module in tun veth; do
		modprobe "$module"
	done
	quiet env
	load_driver "$1"
	ena_ports_setup
	quiet ip netns exec client
	ip -n client addr flush dev ena1
	ip netns exec client ethtool -K ena1 gro off
	ena0_attach
	tap_setup fuzz_dut ena0
}

# What a device, driver or kernel counted, of either port.
stat_of() { # DEV NAME
	case $1 in
	ena1) ip -n client -s -j link show ena1 ;;
	*) ip -s -j link show "$1" ;;
	esac | jq -r ".[0].stats64.$2"
}

driver_counter() { # DEV NAME: summed over the queues
	local in=()
	[ "$1" != ena1 ] || in=(ip netns exec client)
	"${in[@]}" ethtool -S "$1" | awk -v name="$2" '
		$1 ~ "^queue_[0-9]+_" name ":$" || $1 == name ":" { n += $2 }
		END { print n + 0 }'
}
