# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# The faults, for sourcing inside the guest. A case NAME has up to four functions:
# during_NAME makes the fault two seconds into the traffic; evidence_NAME tells
# whether it happened, and traffic goes on until it has; after_NAME repairs what
# does not recover by itself; a line of the kernel log that matches what
# expected_NAME prints is no splat.

# Kinds of the device model's fault register.
TX_LOST=1 TX_TWICE=2 TX_REQ_ID=3 RX_REQ_ID=4 ADMIN_LOST=5 KEEP_ALIVE=6
LINK_DOWN=7

CASES=(nothing tx_lost_stall tx_lost_few tx_lost_many tx_twice tx_req_id rx_req_id admin_lost
	keep_alive link_lost link_flaps mtu_changes dma_mapping memory_pressure
	unbind hot_unplug)
# These need the debug kernel's fault injection.
DEBUG_CASES=(linearize refill)

# order PORT KIND TIMES: through the register at 4 of the vendor-specific
# capability that the device model has at 0x50.
order() {
	ordered="$1 $2"
	printf '%b' "$(printf '\\x%02x\\x00\\x%02x\\x%02x' "$2" \
		$(($3 & 255)) $(($3 >> 8)))" |
		dd of="/sys/bus/pci/devices/${PCI[$1]}/config" bs=4 seek=21 \
		conv=notrunc status=none
}

# Traffic goes on as long as this runs: it writes to the sender's stdin.
run_fault() { # CASE
	local status=0 ordered=''

	sleep 2
	"during_$1" || { echo "the fault could not be made" >&2 && status=1; }
	! has_function "evidence_$1" || wait_for 120 "evidence_$1" || true
	# shellcheck disable=SC2086	# port and kind
	[ -z "$ordered" ] || order $ordered 0
	sleep 2
	return "$status"
}

grew() { # DEV COUNTER [BY]
	local old=${before[$1.$2]-0} new
	new=$(driver_counter "$1" "$2")
	[ "$new" -ge $((old + ${3-1})) ] || {
		echo "$1's counter $2 was $old and is $new"
		return 1
	}
}

# A reset clears the rings' counters; the log stays.
logged() { # PATTERN
	dmesg | SPLAT_EXPECTED='' splat_since | grep -E "$1" >/dev/null || {
		echo "the log does not say /$1/"
		return 1
	}
}

during_nothing() { :; }

# The stack stops sending at a limit of bytes in flight; without the limit only
# the driver notices that completions are missing.
no_byte_limit() {
	echo 1000000000 >/sys/class/net/ena0/queues/tx-0/byte_queue_limits/limit_min
}

during_tx_lost_stall() { order 0 $TX_LOST 100; }
evidence_tx_lost_stall() { logged 'NETDEV WATCHDOG' && grew ena0 interface_up; }
expected_tx_lost_stall() { echo 'NETDEV WATCHDOG|WARNING: .*dev_watchdog'; }

during_tx_lost_few() { no_byte_limit; order 0 $TX_LOST 10; }
evidence_tx_lost_few() { grew ena0 tx_missed_tx; }
after_tx_lost_few() { ip link set ena0 down && ip link set ena0 up; }

during_tx_lost_many() { no_byte_limit; order 0 $TX_LOST 300; }
evidence_tx_lost_many() { logged 'above the threshold' && grew ena0 interface_up; }

during_tx_twice() { order 0 $TX_TWICE 1; }
evidence_tx_twice() { logged 'req_id' && grew ena0 interface_up; }

during_tx_req_id() { order 0 $TX_REQ_ID 1; }
evidence_tx_req_id() { logged 'req_id' && grew ena0 interface_up; }

during_rx_req_id() { order 1 $RX_REQ_ID 1; }
evidence_rx_req_id() { logged 'req_id' && grew ena1 interface_up; }

# The command that is lost: the device is told the MTU.
during_admin_lost() {
	order 0 $ADMIN_LOST 1
	ip link set ena0 mtu 9000 || true
}
evidence_admin_lost() { grew ena0 interface_up; }
after_admin_lost() { ip link set ena0 mtu "$MICROVM_MTU"; }

during_keep_alive() { order 0 $KEEP_ALIVE 60; }
evidence_keep_alive() { grew ena0 wd_expired && grew ena0 interface_up; }

during_link_lost() { order 0 $LINK_DOWN 9; sleep 2; }
evidence_link_lost() {
	local seen
	read -r seen </sys/class/net/ena0/carrier_changes
	[ "$seen" -gt "${before[carrier]}" ]
}

during_link_flaps() {
	for _ in 1 2 3; do
		ip link set ena0 down
		sleep 0.5
		ip link set ena0 up
		sleep 1
	done
}
evidence_link_flaps() { grew ena0 interface_up 3; }

during_mtu_changes() {
	local mtu
	for mtu in 1500 9001 128 9216 4000 "$MICROVM_MTU"; do
		ip link set ena0 mtu "$mtu" || return
		sleep 0.5
	done
}
after_mtu_changes() { ip link set ena0 mtu "$MICROVM_MTU"; }

DMA_FAULTS=/sys/module/dma_fault/parameters/times
dma_faults_made() { [ "$(<"$DMA_FAULTS")" -eq 0 ]; }
during_dma_mapping() {
	echo 50 >"$DMA_FAULTS"
	wait_for 120 dma_faults_made
	echo 0 >"$DMA_FAULTS"
}
evidence_dma_mapping() { grew ena0 tx_dma_mapping_err 20; }

reclaimed() {
	awk '/^pgscan_(kswapd|direct) / { n += $2 } END { print n }' /proc/vmstat
}

# Takes memory until the kernel has to reclaim some.
during_memory_pressure() {
	local i start
	mount -o remount,size=100% /tmp
	start=$(reclaimed)
	for ((i = 0; i < 512 && $(reclaimed) < start + 1000; i++)); do
		dd if=/dev/zero bs=1M count=8 status=none >>/tmp/fill || break
	done
	echo $(($(reclaimed) - start)) >/tmp/reclaimed
	sleep 3
	rm -f /tmp/fill
}
evidence_memory_pressure() {
	(($(cat /tmp/reclaimed) >= 1000)) || {
		echo "the kernel did not have to reclaim memory"
		return 1
	}
}

during_unbind() {
	echo "${PCI[0]}" >/sys/bus/pci/drivers/ena/unbind
	sleep 1
	echo "${PCI[0]}" >/sys/bus/pci/drivers/ena/bind
	port_again
}
evidence_unbind() {
	local seen
	read -r seen </sys/class/net/ena0/ifindex && [ "$seen" != "${before[ifindex]}" ]
}

during_hot_unplug() {
	echo 1 >"/sys/bus/pci/devices/${PCI[0]}/remove"
	sleep 1
	echo 1 >/sys/bus/pci/rescan
	wait_for 60 test -e "/sys/bus/pci/drivers/ena/${PCI[0]}"
	port_again
}
evidence_hot_unplug() { evidence_unbind; }

# At each reset the driver, stock or patched, allocates a page that describes the
# host and does not free the one before until the device is removed.
lost_by_resets() { # PORT
	local resets
	resets=$(dmesg | awk -v dev="${PCI[$1]}" '
		index($0, dev) && /\[1d0f:/ { n = 0 }
		index($0, dev) && /reset completed successfully/ { n++ }
		END { print n + 0 }')
	[ "$resets" -eq 0 ] ||
		printf '%s' "DMA-API: .*${PCI[$1]}: device driver has pending " \
			"DMA allocations .*count=$resets]|" \
			"WARNING: .*dma_debug_device_change"
}
expected_unbind() { lost_by_resets 0; }
expected_hot_unplug() { lost_by_resets 0; }

# Only allocations by this function of the driver and what it calls fail.
inject() { # ATTRIBUTE FUNCTION PERCENT
	local dir=/sys/kernel/debug/$1 range
	range=$(awk -v name="$2" '$4 == "[ena]" { print $1, $3 }' /proc/kallsyms |
		sort | awk -v name="$2" 'found { print start, $1; exit }
			$2 == name { start = $1; found = 1 }')
	echo "0x${range% *}" >"$dir/require-start"
	echo "0x${range#* }" >"$dir/require-end"
	echo 0 >"$dir/verbose"
	echo N >"$dir/ignore-gfp-wait"
	[ ! -e "$dir/ignore-gfp-highmem" ] || echo N >"$dir/ignore-gfp-highmem"
	[ ! -e "$dir/min-order" ] || echo 0 >"$dir/min-order"
	echo -1 >"$dir/times"
	echo "$3" >"$dir/probability"
}

inject_nothing() {
	echo 0 >/sys/kernel/debug/failslab/probability
	echo 0 >/sys/kernel/debug/fail_page_alloc/probability
}

during_linearize() {
	inject failslab ena_start_xmit 30
	inject fail_page_alloc ena_start_xmit 30
	sleep 5
	wait_for 120 evidence_linearize >/dev/null || true
	inject_nothing
}
evidence_linearize() { grew ena0 tx_linearize_failed 20; }

during_refill() {
	inject fail_page_alloc ena_refill_rx_bufs 50
	sleep 5
	wait_for 120 evidence_refill >/dev/null || true
	inject_nothing
}
evidence_refill() { grew ena1 rx_page_alloc_fail; }
