#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#shellcheck disable=SC2034 # lib.sh reads what looks unused here
#shellcheck disable=SC2317,SC2329 # functions that are called by name
#
# Frames whose linear head ends inside the L4 header must leave NETIF as whole
# as any others. Taps and packet sockets make such frames; a driver that tells
# its device where L4 ends by the length of the linear head loses them.
#
#      head              | fragments
#     +-----+------+-----|-----+-----------------+
#     | Eth | IPv4 | TCP |     | payload         |
#     +-----+------+-----|-----+-----------------+
#     0     14     34    52    54              5066
#
#      tap -- mirred --+
#                      |                            REMOTE
#     packet socket ---+-- NETIF ------------------ packet socket
#                          net_dev_start_xmit       compares every byte
#
# A case is named after its frames: where they come from, their length, and how
# much of the headers down to the fixed part of L4 is in the head. It passes if
# the kernel handed NETIF frames of that very shape and all of them arrived.
#
# Nothing but the offload features of NETIF is touched, and they are restored.
# Whatever filters packets between the two has to pass TCP and UDP port 9 and
# ICMP echo. Where both call their interface the same, give NETIF an alternative
# name (ip link property add dev NAME altname OTHER) and name it by that.

: "${DRIVER_TEST_CONFORMANT:=yes}"
: "${FRAMES:=16}"
ALL_TESTS="
	test_tap
	test_packet
	test_ring
	test_csum_off
	test_sg_off
"
NUM_NETIFS=2
NETIF_CREATE=no
REQUIRE_MZ=no
lib_dir=$(dirname "$(readlink -e "$0")")
# shellcheck source=/dev/null
source "$lib_dir"/../../../net/forwarding/lib.sh
# shellcheck source=/dev/null
source "$lib_dir"/../../../kselftest/ktap_helpers.sh

TEST_NAME=$(basename "$0" .sh)
PROG=$lib_dir/tx_short_head

# Heads are cut of frames that do not fit into a page beside their headroom, of
# which some architectures have more than others.
PAGE=$(getconf PAGESIZE)
HEADROOM_MAX=512
CHECKSUM_NONE=0
TCP_OPTIONS=12

# test     source  IP L4     length  hdr_len csum     head
CASES="
  tap       tap     4  tcp    small   0       partial  linear
  tap       tap     4  tcp    below   0       partial  linear
  tap       tap     4  tcp    page    0       partial  52
  tap       tap     4  tcp    5066    0       partial  52
  tap       tap     4  tcp    mtu     0       partial  52
  tap       tap     4  tcp    5066    53      partial  53
  tap       tap     4  tcp    5066    54      partial  54
  tap       tap     4  tcpopt 5066    0       partial  52
  tap       tap     4  tcpopt 5066    54      partial  54
  tap       tap     4  tcp    5066    95      partial  95
  tap       tap     4  tcp    5066    96      partial  96
  tap       tap     4  tcp    5066    97      partial  97
  tap       tap     4  udp    small   0       partial  linear
  tap       tap     4  udp    5066    0       partial  42
  tap       tap     6  tcp    small   0       partial  linear
  tap       tap     6  tcp    page    0       partial  72
  tap       tap     6  tcp    5066    0       partial  72
  tap       tap     6  tcp    mtu     0       partial  72
  tap       tap     6  tcp    5066    73      partial  73
  tap       tap     6  tcp    5066    74      partial  74
  tap       tap     6  udp    5066    0       partial  62
  packet    packet  4  tcp    small   0       partial  linear
  packet    packet  4  tcp    5066    0       partial  52
  packet    packet  4  tcp    5066    0       full     14
  packet    packet  4  tcp    5066    54      full     54
  packet    packet  4  udp    5066    0       partial  42
  packet    packet  4  udp    5066    0       full     14
  packet    packet  6  tcp    5066    0       partial  72
  packet    packet  6  tcp    5066    0       full     14
  packet    packet  6  udp    5066    0       full     14
  ring      ring    4  tcp    80      0       full     14
  ring      ring    4  tcp    95      0       full     14
  ring      ring    4  tcp    96      0       full     14
  ring      ring    4  tcp    97      0       full     14
  ring      ring    4  tcp    small   0       full     14
  ring      ring    4  tcp    5066    0       full     14
  ring      ring    4  tcp    mtu     0       full     14
  ring      ring    4  udp    80      0       full     14
  ring      ring    4  udp    5066    0       full     14
  ring      ring    4  icmp   small   0       full     14
  ring      ring    6  tcp    small   0       full     14
  ring      ring    6  tcp    5066    0       full     14
  ring      ring    6  udp    small   0       full     14
  csum_off  tap     4  tcp    small   0       partial  linear
  csum_off  tap     4  tcp    5066    0       partial  52
  csum_off  tap     4  udp    5066    0       partial  42
  csum_off  tap     6  tcp    5066    0       partial  72
  csum_off  packet  4  tcp    5066    0       partial  52
  csum_off  ring    4  tcp    small   0       full     14
  sg_off    tap     4  tcp    5066    0       partial  linear
  sg_off    tap     6  tcp    5066    0       partial  linear
  sg_off    packet  4  tcp    5066    0       partial  linear
  sg_off    ring    4  tcp    small   0       full     linear
"

quietly()
{
	"$@" >/dev/null 2>&1
}

skip_all()
{
	ktap_skip_all "$*"
	exit "$KSFT_SKIP"
}

##############################################################################
# What reaches the driver, and what the driver counts

tracing_setup()
{
	local dir=$tmp_dir/tracing

	tracing=$dir/instances/$TEST_NAME.$$
	defer quietly rmdir "$dir" "$tmp_dir"
	defer quietly umount "$dir"
	defer quietly rmdir "$tracing"

	mkdir "$tmp_dir" "$dir"
	quietly mount -t tracefs nodev "$dir" || skip_all "cannot mount tracefs"
	quietly mkdir "$tracing" || skip_all "cannot create a tracing instance"

	xmit_event=$tracing/events/net/net_dev_start_xmit
	[[ -d $xmit_event ]] || skip_all "no tracepoint net:net_dev_start_xmit"
	echo 128 >"$tracing/buffer_size_kb"
}

# The events of a device of the same name in another namespace differ in
# length, as do those of other traffic; what does not is told by its shape.
xmit_trace_start()
{
	local len=$1

	echo 0 >"$xmit_event/enable"
	echo >"$tracing/trace"
	echo "name == \"$ifname\" && len == $len" >"$xmit_event/filter"
	echo 1 >"$xmit_event/enable"
}

# One line for each shape: head, ip_summed, how many
xmit_shapes()
{
	echo 0 >"$xmit_event/enable"
	awk '/net_dev_start_xmit:/ {
		for (i = 1; i <= NF; i++)
			if (split($i, f, "=") == 2)
				v[f[1]] = f[2]
		head = v["data_len"] > 0 ? v["len"] - v["data_len"] : "linear"
		n[head " " v["ip_summed"]]++
	}
	END { for (shape in n) print shape, n[shape] }' "$tracing/trace"
}

# shapes_count HEAD IP_SUMMED, an empty IP_SUMMED being any
shapes_count()
{
	local head summed n count=0

	while read -r head summed n; do
		[[ $head == "$1" && ${2:-$summed} == "$summed" ]] &&
			((count += n))
	done <<<"$shapes"
	echo "$count"
}

shapes_print()
{
	local head summed n

	while read -r head summed n; do
		echo -n "${n:-0} frames"
		echo -n "${n:+ head $head ip_summed $summed}; "
	done <<<"$shapes"
}

counters_get()
{
	ethtool -S "$h1" 2>/dev/null | awk -F: '
		/queue_[0-9]+_tx_linearize:/ { linearize += $2; n++ }
		/queue_[0-9]+_tx_linearize_failed:/ { failed += $2; n++ }
		/^ *tx_drops:/ { drops += $2; n++ }
		END {
			if (n)
				print linearize + 0, failed + 0, drops + 0
		}'
}

counters_print()
{
	local -a before after

	read -r -a before <<<"$1"
	read -r -a after <<<"$2"
	((${#after[@]})) || return 0
	echo -n "; linearize +$((after[0] - before[0]))"
	echo -n " linearize_failed +$((after[1] - before[1]))"
	echo -n " tx_drops +$((after[2] - before[2]))"
}

##############################################################################
# Features

features_on()
{
	ethtool -k "$h1" | awk -v name="^[ \t]*($1):" '
		$0 ~ name && $2 == "on" { sub(":", "", $1); print $1 }'
}

features_off()
{
	local feature

	for feature in $(features_on "$1"); do
		defer quietly ethtool -K "$h1" "$feature" on
		quietly ethtool -K "$h1" "$feature" off
	done
	[[ -z $(features_on "$1") ]]
}

sg_setup()
{
	[[ -n $(features_on tx-scatter-gather) ]] && return
	defer quietly ethtool -K "$h1" tx-scatter-gather off
	quietly ethtool -K "$h1" tx-scatter-gather on
}

##############################################################################
# Endpoints

tap_setup()
{
	tap=txhead$$
	defer quietly ip link del dev "$tap"
	quietly ip tuntap add dev "$tap" mode tap vnet_hdr ||
		skip_all "cannot create a tap"
	ip link set dev "$tap" up

	quietly tc qdisc add dev "$tap" clsact ||
		skip_all "cannot add a clsact qdisc"
	quietly tc filter add dev "$tap" ingress protocol all \
		u32 match u32 0 0 \
		action mirred egress redirect dev "$h1" ||
		skip_all "cannot redirect with tc u32 and mirred"
}

remote_setup()
{
	local dir

	remote_prog=$PROG
	if [[ $REMOTE_TYPE == ssh ]]; then
		dir=$(run_on "$h2" mktemp -d /tmp/tx_short_head.XXXXXX) ||
			skip_all "cannot create a directory on $REMOTE_ARGS"
		defer run_on "$h2" rm -rf "$dir"
		scp -q "$PROG" "$REMOTE_ARGS:$dir/" ||
			skip_all "cannot copy $PROG to $REMOTE_ARGS"
		remote_prog=$dir/tx_short_head
	fi
	run_on "$h2" "$remote_prog" 2>/dev/null
	(($? == 2)) || skip_all "the remote end cannot run $remote_prog"
}

# The Ethernet addresses are those that the host itself would use; behind a
# router or a cloud's fabric they may arrive changed.
addresses_setup()
{
	local ip from to hop

	h1_mac=$(mac_get "$h1")
	[[ $REMOTE_TYPE == ssh ]] && routed=(-r)
	for ip in 4 6; do
		from="LOCAL_V$ip"
		to="REMOTE_V$ip"
		[[ -n ${!from} && -n ${!to} ]] || continue
		hop=$(ip -j route get "${!to}" oif "$h1" |
			jq -r '.[0] | .gateway // .dst')
		[[ $hop == "${!to}" ]] || routed=(-r)
		quietly "$PING" -c 1 -W 5 -I "$h1" "${!to}"
		next_mac[ip]=$(ip -j neigh show "$hop" dev "$h1" |
			jq -r '.[0].lladdr // empty')
		[[ -n ${next_mac[ip]} ]] ||
			skip_all "$h1 has no neighbour $hop to reach ${!to}"
	done
}

mtu_get()
{
	run_on "$1" cat "/sys/class/net/$2/mtu"
}

# No longer than a slot of the helper's ring.
frame_max_get()
{
	local mtu peer_mtu

	mtu=$(mtu_get "$h1" "$ifname")
	peer_mtu=$(mtu_get "$h2" "$h2")
	((mtu <= peer_mtu)) || mtu=$peer_mtu
	echo $(((mtu < 16000 ? mtu : 16000) + 14))
}

# Reading and writing end with this script, whatever ends it.
receiver_start()
{
	local line

	exec {rx_fd}< <(run_on "$h2" "$remote_prog" receive -i "$h2" \
		-w "$WAIT_TIMEOUT" "${routed[@]}" "${frame[@]}")
	rx_pid=$!
	defer receiver_stop
	read -r -t "$WAIT_TIMEOUT" -u "$rx_fd" line
	[[ $line == ready ]]
}

receiver_stop()
{
	pkill -P "$rx_pid"
	kill_process "$rx_pid"
	exec {rx_fd}<&-
}

receiver_result()
{
	local line

	rx_result=
	while read -r -t $((2 * WAIT_TIMEOUT)) -u "$rx_fd" line; do
		if [[ $line == received=* ]]; then
			rx_result=$line
			return
		fi
		ktap_print_msg "$line"
	done
}

##############################################################################
# Cases

# header_length IP L4: what of a frame must be in the head; 0 if no matter
header_length()
{
	local l4_offset=$(($1 == 4 ? 34 : 54))

	case $2 in
	tcp*) echo $((l4_offset + 20)) ;;
	udp) echo $((l4_offset + 8)) ;;
	*) echo 0 ;;
	esac
}

frame_length()
{
	case $1 in
	small) echo 1000 ;;
	below) echo $((PAGE - HEADROOM_MAX)) ;;
	page) echo "$PAGE" ;;
	mtu) echo "$frame_max" ;;
	*) echo "$1" ;;
	esac
}

case_name()
{
	local group=$1 source=$2 ip=$3 l4=$4 length=$5 head=$8
	local need name

	need=$(header_length "$ip" "$l4")
	name=${source}_v${ip}_${l4}_${length}
	[[ $group == "$source" ]] || name=${group}_$name
	if [[ $head == linear ]]; then
		name+=_linear
	else
		name+=_head_$head
		((need)) && name+=_of_$need
	fi
	echo "$TEST_NAME.$name"
}

# Says why a case cannot be made here, and fails.
case_possible()
{
	local group=$1 source=$2 ip=$3 head=$8 len=$9

	if [[ -n $group_skip ]]; then
		echo "$group_skip"
	elif [[ -z ${next_mac[ip]} ]]; then
		echo "no IPv$ip addresses given"
	elif ((len > frame_max)); then
		echo "a frame of $len bytes is beyond $h1's or its peer's MTU"
	elif [[ $head != linear && $sg == no ]]; then
		echo "$h1 has no scatter-gather"
	elif [[ $source != ring && $head != linear ]] && ((len < PAGE)); then
		echo "a frame of $len bytes is linear with pages of this size"
	else
		return 0
	fi
	return 1
}

frame_args()
{
	local ip=$3 l4=$4 hdr_len=$6 csum=$7 len=$9
	local from="LOCAL_V$ip" to="REMOTE_V$ip"

	frame=(-s "${!from}" -d "${!to}" -S "$h1_mac"
	       -D "${next_mac[ip]}" -p "${l4%opt}" -l "$len" -H "$hdr_len"
	       -n "$FRAMES" -m "$run_magic$(printf %08x "$KTAP_TESTNO")")
	[[ $l4 != *opt ]] || frame+=(-o "$TCP_OPTIONS")
	[[ $csum != partial ]] || frame+=(-c)
}

frames_send()
{
	local source=$1 dev=$h1

	[[ $source == tap ]] && dev=$tap
	"$PROG" send -t "$source" -i "$dev" -e "$h1" "${frame[@]}" 2>&1
}

# case_run SOURCE LEN: sets shapes, counters, rx_result and send_error
case_run()
{
	local source=$1 len=$2
	local before

	receiver_start || {
		send_error="the receiver does not start"
		return 1
	}
	before=$(counters_get)
	xmit_trace_start "$len"
	send_error=$(frames_send "$source") || return
	receiver_result
	shapes=$(xmit_shapes)
	counters=$(counters_print "$before" "$(counters_get)")
}

# Says what is wrong; nothing if all is well.
case_verdict()
{
	local group=$1 head=$8
	local whole="received=$FRAMES corrupt=0 duplicate=0" summed=

	[[ $group == csum_off ]] && summed=$CHECKSUM_NONE
	if (($(shapes_count "$head" "$summed") < FRAMES)); then
		echo "shape not produced, wanted $FRAMES head $head" \
			"ip_summed ${summed:-any}"
	elif [[ $rx_result != *" end=1" ]]; then
		echo "the path lost even the short frame that ends a case"
	elif [[ $rx_result != "$whole "* ]]; then
		echo "not all $FRAMES frames arrived whole"
	fi
}

run_case()
{
	local args=("$@") name reason len

	len=$(frame_length "$5")
	args+=("$len")
	name=$(case_name "${args[@]}")
	if ! reason=$(case_possible "${args[@]}"); then
		ktap_print_msg "$name: $reason"
		ktap_test_skip "$name"
		return
	fi

	frame_args "${args[@]}"
	if case_run "$2" "$len"; then
		ktap_print_msg "$name: $(shapes_print)sent=$FRAMES" \
			"$rx_result$counters"
		reason=$(case_verdict "${args[@]}")
	else
		reason=${send_error:-the sender died}
	fi
	if [[ -z $reason ]]; then
		ktap_test_pass "$name"
	else
		ktap_print_msg "$name: $reason"
		ktap_test_fail "$name"
	fi
}

cases_of()
{
	awk -v group="$1" '$1 == group' <<<"$CASES"
}

run_group()
{
	local args

	while read -r -a args <&3; do
		in_defer_scope run_case "${args[@]}"
	done 3< <(cases_of "$1")
}

test_tap()
{
	run_group tap
}

test_packet()
{
	run_group packet
}

test_ring()
{
	run_group ring
}

test_csum_off()
{
	local group_skip

	features_off "tx-checksum-.*" ||
		group_skip="the checksum offloads of $h1 cannot be turned off"
	run_group csum_off
}

test_sg_off()
{
	local group_skip

	features_off "tx-scatter-gather" ||
		group_skip="scatter-gather of $h1 cannot be turned off"
	run_group sg_off
}

##############################################################################

cases_count()
{
	local current_test

	for current_test in ${TESTS:-$ALL_TESTS}; do
		cases_of "${current_test#test_}"
	done | wc -l
}

path_check()
{
	local ip=4 args

	[[ -n ${next_mac[4]} ]] || ip=6
	args=(path packet "$ip" tcp 200 0 full linear 200)
	KTAP_TESTNO=0 frame_args "${args[@]}"
	case_run packet 200 && [[ $rx_result == "received=$FRAMES "* ]] &&
		return
	ktap_exit_fail_msg "no path: of $FRAMES short frames to TCP port 9," \
		"$h2 saw ${rx_result:-none}" "$send_error"
}

# As many as a case may have: COUNT_MAX of the helper.
frames_check()
{
	[[ $FRAMES =~ ^[1-9][0-9]{0,3}$ ]] && ((FRAMES <= 1024)) && return
	ktap_exit_fail_msg "FRAMES=$FRAMES is not a number in 1..1024"
}

setup_prepare()
{
	h1=${NETIFS[p1]}
	h2=${NETIFS[p2]}
	[[ -x $PROG ]] || skip_all "$PROG is not built"
	ifname=$(ip -j link show dev "$h1" | jq -r '.[0].ifname')
	run_magic=$(printf %04x%04x $RANDOM $RANDOM)

	tmp_dir=$(mktemp -d -u)
	tracing_setup
	sg_setup
	[[ -n $(features_on tx-scatter-gather) ]] || sg=no
	tap_setup
	remote_setup
	addresses_setup
	frame_max=$(frame_max_get)
}

finish()
{
	trap '' INT TERM HUP
	cleanup
}

declare -a next_mac routed frame
declare group_skip sg shapes counters rx_result send_error

for cmd in ethtool tc pkill "$PING"; do
	require_command "$cmd"
done
[[ $REMOTE_TYPE != ssh ]] || require_command scp

trap 'exit 130' INT
trap 'exit 143' TERM HUP
trap finish EXIT

ktap_print_header
frames_check
setup_prepare
ktap_set_plan "$(cases_count)"
in_defer_scope path_check

tests_run

((KTAP_CNT_PASS + KTAP_CNT_FAIL)) || {
	ktap_print_totals
	exit "$KSFT_SKIP"
}
ktap_finished
