# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Sends the frame that the stock driver loses and shows whether it arrives.

verify_interface() {
	local function net

	if [[ $INTERFACE ]]; then
		[[ -e $ROOT/sys/class/net/$INTERFACE ]] ||
			usage_die "there is no interface $INTERFACE"
		echo "$INTERFACE"
		return
	fi
	for function in $(ena_functions); do
		net=$(netdev_of "$function")
		[[ ! $net ]] || { echo "$net"; return; }
	done
	die "$E_FAIL" "no ENA interface here; name one with --interface"
}

# next_hop PEER NAME: sets source and mac.
next_hop() {
	local route hop

	route=$(ip -4 -o route get "$1" oif "$2" 2>/dev/null) ||
		die "$E_FAIL" "no IPv4 route to $1 by $2"
	source=$(sed -n 's/.* src \([0-9.]*\).*/\1/p' <<<"$route")
	hop=$(sed -n 's/.* via \([0-9.]*\).*/\1/p' <<<"$route")
	ping -c1 -W1 -I "$2" "${hop:-$1}" >/dev/null 2>&1 || true
	mac=$(ip neigh show "${hop:-$1}" dev "$2" |
		sed -n 's/.*lladdr \([0-9a-f:]*\).*/\1/p')
	[[ $source && $mac ]] || die "$E_FAIL" "${hop:-$1} does not answer ARP" \
		"on $2; name another --peer"
}

default_gateway() {
	ip -4 route show default dev "$1" |
		sed -n 's/.*via \([0-9.]*\).*/\1/p' | head -n1
}

# Of send-split.py. A stock driver counts frames of others, with many fragments.
readonly TRIES=3

send_frame() {
	local status=0

	python3 "${self%/*}/operator/send-split.py" "$1" "$net" "$source" \
		"$peer" "$mac" "$PORT" || status=$?
	((status <= 1)) || die "$E_FAIL" "cannot send on $net"
	return "$status"
}

cmd_verify() {
	local net source mac peer before after whole=no split=no caught

	needs_this_host
	net=$(verify_interface)
	peer=${PEER:-$(default_gateway "$net")}
	[[ $peer ]] || usage_die "there is no gateway on $net; name a --peer"
	next_hop "$peer" "$net"
	[[ ! $DRY_RUN ]] || {
		say "would send TCP SYNs to $peer:$PORT by $net"
		answer interface "$net" peer "$peer" port= "$PORT"
		return
	}
	have python3 || die "$E_FAIL" "there is no python3 to send the frame" \
		"with: install the package python3"
	! send_frame whole || whole=yes
	before=$(counter_sum "$net" linearize)
	! send_frame split || split=yes
	after=$(counter_sum "$net" linearize)
	caught=$((after - before))
	verify_report
}

# verify_report: by the caller's variables.
verify_report() {
	local verdict="no answer" status=1 text

	if [[ $split == yes ]]; then
		verdict=delivered status=0
		text="delivered: the cut frame reached the peer"
	elif [[ $whole == yes ]]; then
		verdict=lost
		text="LOST: the peer answers whole frames, not cut ones"
	elif ((caught >= TRIES)) && runs_fixed && [[ ! $PEER ]]; then
		verdict=caught status=0
		text="caught by the check; name a --peer that answers to see it arrive"
	fi
	say "$net to $peer port $PORT: a SYN in one piece: answered $whole;" \
		"cut behind its Ethernet header: answered $split"
	say "queue_*_tx_linearize: $before -> $after"
	say "${text:-no answer to either: name a --peer and --port that answer}"
	answer interface "$net" peer "$peer" port= "$PORT" \
		whole_answered "$whole" split_answered "$split" \
		tx_linearize= "$caught" verdict "$verdict"
	return "$status"
}
