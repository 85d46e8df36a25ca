# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Traffic from ena0 to ena1 and what became of it, for sourcing inside the
# guest by the faults and the soak. $frames is the program that sends.

base=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/..
# shellcheck source=tests/vm/microvm.sh
. "$base/vm/microvm.sh"
# shellcheck source=tests/fuzz/frames/net.sh
. "$base/fuzz/frames/net.sh"
# shellcheck source=tests/debug-kernel/splat.sh
. "$base/debug-kernel/splat.sh"

# Frames that no counter has: those in a receive ring when it was reset, and
# those that an interface counted which is gone.
UNCOUNTED=1024
declare -A before

# Of the ports, in their order.
pci_addresses() {
	local dev

	PCI=()
	for dev in /sys/bus/pci/drivers/ena/*:*; do
		PCI+=("${dev##*/}")
	done
}

has_function() {
	[ "$(type -t "$1")" = function ]
}

# ena0 as it was before the driver was taken from it.
port_again() {
	local name
	wait_for 20 test -d "/sys/bus/pci/devices/${PCI[0]}/net"
	name=$(ls "/sys/bus/pci/devices/${PCI[0]}/net")
	ip link set "$name" down
	ip link set "$name" name ena0 mtu "$MICROVM_MTU"
	ip link set ena0 up
	ena0_attach
	tc filter del dev fuzz_dut ingress
	tc filter add dev fuzz_dut ingress matchall action mirred egress \
		redirect dev ena0
}

# Frames that the redirection could not hand on: its target is down or gone, or
# has stopped its queue.
not_redirected() {
	tc -s -j filter show dev fuzz_dut ingress | jq '[.. |
		.stats? // empty | (.drops // 0) + (.overlimits // 0)] | add // 0'
}

# Each reason for which a frame may be missing, and how often so far.
reasons() {
	local name
	echo "tap $(stat_of fuzz_dut rx.dropped)"
	echo "mirred $(not_redirected)"
	for name in linearize_failed dma_mapping_err prepare_ctx_err; do
		echo "ena0-$name $(driver_counter ena0 tx_$name)"
	done
	echo "ena1-and-device $(stat_of ena1 rx.dropped)"
	for name in skb_alloc_fail bad_desc_num; do
		echo "ena1-$name $(driver_counter ena1 rx_$name)"
	done
}

snapshot() {
	local name
	for name in tx_missed_tx tx_dma_mapping_err interface_up wd_expired \
		tx_linearize_failed; do
		before[ena0.$name]=$(driver_counter ena0 "$name")
	done
	for name in interface_up rx_page_alloc_fail; do
		before[ena1.$name]=$(driver_counter ena1 "$name")
	done
	before[carrier]=$(cat /sys/class/net/ena0/carrier_changes)
	before[ifindex]=$(cat /sys/class/net/ena0/ifindex)
	reasons >/tmp/reasons.before
}

value() { # NAME RESULT
	grep -oE "\b$1=[0-9]+" <<<"$2" | cut -d= -f2
}

counted() {
	reasons | paste - /tmp/reasons.before |
		awk '{ n += $2 < $4 ? $2 : $2 - $4 } END { print n + 0 }'
}

all_counted() { # MISSING
	[ "$(counted)" -ge "$1" ]
}

# Device counters come with the keep-alive events, one a second.
adds_up() { # CASE RESULT
	local missing slack=0

	missing=$(($(value sent "$2") - $(value received "$2")))
	case $1 in
	rx_req_id | unbind | hot_unplug) slack=$UNCOUNTED ;;
	esac
	wait_for 5 all_counted "$missing" || true
	echo "missing $missing, counted $(counted)"
	[ $(($(counted) + slack)) -ge "$missing" ] &&
		[ "$(counted)" -le "$missing" ] && return
	reasons | diff /tmp/reasons.before -
	return 1
}

flow() { # SECONDS
	"$frames" --flow "$1" --pace 4000
}

# Nothing is lost any more, where frames may wait for their turn.
goes_on() {
	local result status=0
	QDISC='pfifo limit 10000' ena0_attach || return 1
	result=$(flow 2) || status=1
	ena0_attach
	[ "$status" -eq 0 ] &&
		[ "$(value sent "$result")" -gt 20 ] &&
		[ "$(value sent "$result")" = "$(value received "$result")" ] &&
		return
	echo "afterwards: $result"
	return 1
}
