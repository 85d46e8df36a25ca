# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Traffic from ena0 to ena1 and an account of each frame, for sourcing inside the
# guest by the faults and the soak. $steady_flow is the program that sends.

base=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../..
# shellcheck source=tests/lib/microvm.sh
. "$base/lib/microvm.sh"
# shellcheck source=tests/traffic/frames/frame-network.sh
. "$base/traffic/frames/frame-network.sh"
# shellcheck source=tests/lib/splat.sh
. "$base/lib/splat.sh"

# Frames that nothing counts: those in a ring when it was reset or when its
# driver was removed. At one frame in 4 ms these are few.
UNCOUNTED=64
# What may exist after a case that did not before: each processor keeps skbs for
# reuse. A case sends some 3,000 frames of two pages.
MORE_SKBS=512 MORE_PAGES=2048
declare -A before now

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

# ena0 as it was before the driver was taken from it. The filter that led to it
# stays, for its counters, behind the new one.
port_again() {
	local name
	wait_for 60 test -d "/sys/bus/pci/devices/${PCI[0]}/net"
	name=$(ls "/sys/bus/pci/devices/${PCI[0]}/net")
	ip link set "$name" down
	ip link set "$name" name ena0 mtu "$MICROVM_MTU"
	ip link set ena0 up
	ena0_attach
	tc filter add dev fuzz_dut ingress matchall action mirred egress \
		redirect dev ena0
}

# The reasons for which a frame may be missing: its tap dropped it; the target of
# the redirection was down, gone, or had stopped its queue; the driver dropped
# it, or the device, which counts for the receiver.
REASONS=(tap.rx_dropped mirred.dropped mirred.overlimits
	ena0.tx_linearize_failed ena0.tx_dma_mapping_err ena0.tx_prepare_ctx_err
	ena1.rx_dropped ena1.rx_skb_alloc_fail ena1.rx_bad_desc_num)

# A section for each device. Few processes: the debug kernel takes seconds to
# start one.
all_counters() {
	local dropped
	read -r dropped </sys/class/net/fuzz_dut/statistics/rx_dropped
	echo "= tap"
	echo "rx_dropped: $dropped"
	echo "= ena0"
	ethtool -S ena0
	echo "= ena1"
	# shellcheck disable=SC2016	# expanded there
	ip netns exec client bash -c 'ethtool -S ena1
		read -r dropped </sys/class/net/ena1/statistics/rx_dropped
		echo "rx_dropped: $dropped"'
	echo "= mirred"
	tc -s -j filter show dev fuzz_dut ingress |
		jq -r '[.[].options.actions[]?.stats] |
			"dropped: \(map(.drops) | add)",
			"overlimits: \(map(.overlimits) | add)"'
}

# Sums over queues.
read_counters() { # INTO
	local -n into=$1
	local dev='' name value
	into=()
	while read -r name value _; do
		case $name in
		=) dev=$value ;;
		?*:)
			[[ $name =~ ^(queue_[0-9]+_)?(.*):$ ]]
			name=$dev.${BASH_REMATCH[2]}
			# shellcheck disable=SC2004	# it is no index of an indexed array
			((into[$name] += ${value:-0})) || true
			;;
		esac
	done < <(all_counters)
}

# All skbs that exist. Shrinking a cache gives back what processors and KASAN
# keep of it.
skbs() {
	local cache n=0 objects
	for cache in /sys/kernel/slab/skbuff_{head_cache,fclone_cache,small_head}; do
		[ -e "$cache/objects" ] || continue
		echo 1 >"$cache/shrink"
		read -r objects _ <"$cache/objects"
		((n += objects)) || true
	done
	echo "$n"
}

# Pages that are neither free nor in /proc/meminfo: those of drivers. Each
# processor keeps free pages of its own (zoneinfo's "count:").
pages() {
	awk '/^MemTotal:/ { n += $2 / 4 }
		/^(MemFree|Buffers|Cached|AnonPages|Slab|KernelStack|PageTables|Percpu|VmallocUsed):/ {
			n -= $2 / 4 }
		$1 == "count:" { n -= $2 }
		END { print int(n) }' /proc/meminfo /proc/zoneinfo
}

keeps_nothing() {
	local more_skbs more_pages
	more_skbs=$(($(skbs) - before[skbs])) more_pages=$(($(pages) - before[pages]))
	echo "$more_skbs skbs and $more_pages pages more than before"
	((more_skbs <= MORE_SKBS && more_pages <= MORE_PAGES))
}

snapshot() {
	read_counters before
	before[skbs]=$(skbs) before[pages]=$(pages)
	read -r "before[carrier]" </sys/class/net/ena0/carrier_changes
	read -r "before[ifindex]" </sys/class/net/ena0/ifindex
}

value() { # NAME RESULT
	[[ $2 =~ (^|\ )$1=([0-9]+) ]]
	echo "${BASH_REMATCH[2]}"
}

# A ring's counters start at 0 again when it is made anew.
count() {
	local name old new
	read_counters now
	counted=0
	for name in "${REASONS[@]}"; do
		old=${before[$name]-0} new=${now[$name]-0}
		((new >= old)) || old=0
		((counted += new - old)) || true
	done
}

all_counted() { # MISSING
	count
	((counted >= $1))
}

# Device counters come with the keep-alive events, one a second.
adds_up() { # CASE RESULT
	local missing name slack=0

	missing=$(($(value sent "$2") - $(value received "$2")))
	case $1 in
	rx_req_id | unbind | hot_unplug) slack=$UNCOUNTED ;;
	esac
	wait_for 60 all_counted "$missing" || true
	echo "missing $missing, counted $counted"
	((counted + slack >= missing && counted <= missing)) && return
	for name in "${REASONS[@]}"; do
		echo "$name: ${before[$name]-0}, then ${now[$name]-0}"
	done
	return 1
}

# As long as its stdin has a writer.
flow() {
	"$steady_flow" 4000
}

# Nothing is lost any more. Frames may wait for room in the ring.
goes_on() {
	local result status=0
	QDISC='pfifo limit 10000' ena0_attach || return 1
	result=$(sleep 2 | flow) || status=1
	ena0_attach
	[ "$status" -eq 0 ] &&
		[ "$(value sent "$result")" -ge 8 ] &&
		[ "$(value sent "$result")" = "$(value received "$result")" ] &&
		return
	echo "afterwards: $result"
	return 1
}
