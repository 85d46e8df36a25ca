# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153,SC2154
# What a swap finds on the ENA ports: what it saves and restores, and all else
# that refers to a port, for which it is refused.

# references NET: lines of COMMAND;REGEX;WHAT. WHAT is lost if COMMAND prints a line
# that matches, once it ends with a space. The kernel's own queueing disciplines
# have handle 0. Actions refer to a port from anywhere: Kata redirects from its taps.
# The kernel forgets masqueraded connections when their port goes.
references() {
	cat <<-EOF
	tc filter show dev $1 ingress;[^ ];the tc filters of $1
	tc filter show dev $1 egress;[^ ];the tc filters of $1
	all_filters;(indev|input dev) $1 ;the tc filters by $1 as input
	tc qdisc show dev $1;^qdisc [^ ]+ [^0];the tc qdiscs of $1
	tc actions list action mirred;to device $1\);the tc redirections to $1
	bpftool net show dev $1; tcx/;the tcx programs of $1
	ip -d link show dev $1;prog/xdp;the XDP program of $1
	ip -4 -o route show table all;nexthop .*dev $1 ;the multipath routes of $1
	ip -6 -o route show table all;nexthop .*dev $1 ;the multipath routes of $1
	ip -4 -o route show table all; encap .* dev $1 ;the routes with encap of $1
	ip -6 -o route show table all; encap .* dev $1 ;the routes with encap of $1
	ip -M route show; dev $1 ;the MPLS routes of $1
	cat $ROOT/proc/net/ip_mr_vif;^ *[0-9]+ $1 ;the multicast routing of $1
	cat $ROOT/proc/net/ip6_mr_vif;^ *[0-9]+ $1 ;the multicast routing of $1
	ip xfrm policy; dev $1 ;the IPsec policies of $1
	ip xfrm state; dev $1 ;the IPsec offloads of $1
	ip addrlabel; dev $1 ;the address labels of $1
	ip mptcp endpoint show; dev $1 ;the MPTCP endpoints of $1
	ip token get dev $1;token [^ ]*[1-9a-f];the IPv6 token of $1
	ip maddr show dev $1; static ;the multicast addresses of $1
	bridge fdb show dev $1;^.[02468ace]:;the further MAC addresses of $1
	timeout 9 systemctl show -p BoundBy $(device_units "$1");=[^ ];the systemd units bound to $1
	all_units;^RestrictNetworkInterfaces=(.* |~)?$1 ;RestrictNetworkInterfaces= of $1
	bridge fdb show; via $1 ;the tunnels' neighbours over $1
	ip nexthop show dev $1;[^ ];the nexthop objects of $1
	ip -4 neigh show proxy dev $1;[^ ];the proxy neighbours of $1
	ip -6 neigh show proxy dev $1;[^ ];the proxy neighbours of $1
	nft list ruleset;masquerade|MASQUERADE;the connections that NAT masquerades
	cat $ROOT/proc/net/ip_tables_names;^nat ;the connections of iptables' table nat
	cat $ROOT/proc/net/ip6_tables_names;^nat ;the connections of iptables' table nat
	EOF
}

all_filters() {
	local dev way

	for dev in "$ROOT"/sys/class/net/*; do
		for way in root ingress egress; do
			tc filter show dev "${dev##*/}" "$way"
		done
	done
}

# device_units NET: as systemd calls it. Units that are bound to them stop with it.
device_units() {
	systemd-escape --path --suffix=device "/sys/subsystem/net/devices/$1" \
		"$(readlink -f "$ROOT/sys/class/net/$1")" 2>/dev/null || true
}

all_units() {
	timeout 9 systemctl show -p RestrictNetworkInterfaces '*'
}

# Each function prints what it finds of port NET, one a line, as a noun phrase.
# All of them are refusals.
readonly REFUSED=(on_top flags_of sources_of rules_of sockets_of clients_of groups_of
	services_of)

# lost_with NET
lost_with() {
	local find command regex what

	while IFS=';' read -r command regex what; do
		# shellcheck disable=SC2086	# words of a command
		$command 2>/dev/null </dev/null | sed 's/$/ /' |
			grep -E -- "$regex" | found "$what" || true
	done < <(references "$1")
	for find in "${REFUSED[@]}"; do
		"$find" "$1" || true
	done
}

# refuse_unknown: all that a swap would lose on any port.
refuse_unknown() {
	local function net bad='' tool

	for tool in tc ss ip; do
		have "$tool" || die "$E_UNSAFE" "there is no $tool to ask what a" \
			"swap would lose; install iproute2 (iproute-tc)"
	done
	for function in $(ena_functions); do
		net=$(netdev_of "$function")
		if [[ $net ]]; then
			bad+=$(lost_with "$net")$'\n'
		else
			bad+="$function (no interface, or in another network namespace)"$'\n'
		fi
	done
	bad=$(grep . <<<"$bad" | sort -u | paste -s | sed 's/\t/, /g') || true
	[[ ! $bad ]] || die "$E_UNSAFE" "a swap would lose what it cannot" \
		"restore: $bad; $(after_mitigation)reboot instead"
}

# Our own program at egress is one of these.
after_mitigation() {
	local function said

	for function in $(ena_functions); do
		said=none
		call_bpf status "$(netdev_of "$function")" || said=none
		[[ $said == none* ]] || {
			echo "run '$NAME mitigate --off' first, or "
			return
		}
	done
}

# found WHAT: of the lines on the input, if there are any.
found() {
	! grep -q . || echo "$1"
}

# Bridges, bonds, VLANs, macvlans and tunnels. In other namespaces they have just
# its index; so have veth pairs that of their other end, in any namespace.
on_top() {
	local net=$1 upper index

	for upper in "$ROOT/sys/class/net/$net"/upper_*; do
		[[ ! -e $upper ]] || echo "${upper##*upper_} (on $net)"
	done
	ip -d -o link show 2>/dev/null |
		sed -nE "s/^[0-9]+: ([^:@ ]+)(@[^ ]+)?: .* dev $net .*/\1 (on $net)/p
			s/^[0-9]+: ([^:@ ]+)@$net: .*/\1 (on $net)/p"
	index=$(cat "$ROOT/sys/class/net/$net/ifindex" 2>/dev/null) || true
	other_namespaces "@if${index:-none}: " | grep -vE ' (veth|netkit) ' |
		found "an interface on $net in another network namespace"
}

# other_namespaces REGEX: their links that match.
other_namespaces() {
	local dir id seen

	[[ ! $ROOT ]] || return 0
	seen=" $(readlink /proc/self/ns/net) "
	for dir in /proc/[0-9]*; do
		id=$(readlink "$dir/ns/net" 2>/dev/null) || continue
		[[ $seen != *" $id "* ]] || continue
		seen+="$id "
		nsenter --net="$dir/ns/net" ip -d -o link show 2>/dev/null |
			grep -E "$1" || true
	done
}

# Other than up, broadcast and multicast.
flags_of() {
	local flags

	read -r flags 2>/dev/null <"$ROOT/sys/class/net/$1/flags" || return
	(((flags | 1) == 0x1003)) ||
		echo "the flags $flags of $1, such as promisc or noarp"
}

# A route of another interface goes with its source address.
sources_of() {
	ip -4 -o addr show dev "$1" 2>/dev/null |
		awk '{ sub("/.*", "", $4); print " src " $4 " " }' |
		grep -Ff - <(ip -4 -o route show table all 2>/dev/null |
			sed "/ dev $1 /d; s/\$/ /") |
		found "the routes of others from an address of $1"
}

# Rules that hold the interface's index, which changes, or are attached to it.
# Rules by name (iifname) find it again. Lists of devices have no quotes.
rules_of() {
	have nft || [[ ! -d $ROOT/sys/module/nf_tables ]] ||
		echo "nftables rules, if any (install nft to list them)"
	nft list ruleset 2>/dev/null | sed -zE 's/,\n[[:space:]]*/, /g
			s/([{,] )([^ ",{}\n]+)/\1"\2"/g' |
		awk -v net="\"$1\"" '
			/{$/ { by_index = 0 }
			/iface_index|typeof .*([io]|sd)if( |$)/ { by_index = 1 }
			/(^|[^a-z])([io]|sd)if (!= )?"[^"]*"-"/ { print }
			index($0, net) && (by_index && /elements =/ ||
				/(^|[^a-z])(([io]|sd)if|devices?|(fwd|dup) to) /)' |
		found "the nft rules with iif, oif or device of $1"
}

# These make new sockets when the interface comes back.
readonly FOLLOWS='systemd-network|systemd-resolve|NetworkManager'

# Of other protocols (AF_XDP, SCTP, PPPoE) ss cannot tell what they are bound to.
readonly PROTOCOLS='(TCP|UDP|RAW|MPTCP)(v6)?|PACKET|UNIX.*|NETLINK|AF_VSOCK|ALG|KEY'

# Packet sockets, and others that are bound to the port.
sockets_of() {
	local pid name

	awk -v known="^($PROTOCOLS)\$" 'NR > 1 && $3 > 0 && $1 !~ known {
		print "sockets of the protocol " $1 }' "$ROOT/proc/net/protocols" 2>/dev/null
	{
		ss -Hanptuw 2>/dev/null | grep -F "%$1:"
		ss -Hanp -0 2>/dev/null | grep -E "[:[:space:]]$1([[:space:]]|$)"
	} | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\2 \1/p; t
		s/.*/0 unknown/p' | sort -u | while read -r pid name; do
		[[ $name =~ ^($FOLLOWS)$ ]] && process_of_root "$pid" ||
			echo "a socket of $name on $1"
	done
}

# A DHCP client sends to an index that is gone, and the lease ends unrenewed. Who
# else has set an address with a lifetime is not known.
clients_of() {
	processes 'dhclient|dhcpcd|udhcpc|dhcp6c|pump' | sort -u |
		sed 's/^/the DHCP client /'
	! runs 'systemd-network|NetworkManager' || return 0
	ip -o addr show dev "$1" dynamic 2>/dev/null | grep -v mngtmpaddr |
		found "a leased address of $1, renewed by nobody known"
}

# processes REGEX: root's of those names.
processes() {
	local file pid

	grep -lsxE "$1" "$ROOT"/proc/[0-9]*/comm | while IFS= read -r file; do
		pid=${file%/comm}
		! process_of_root "${pid##*/}" || cat "$file"
	done || true
}

runs() {
	[[ $(processes "$1" 2>/dev/null) ]]
}

# Multicast groups that a program has joined, not those of the kernel and of
# systemd-resolved, which joins again.
groups_of() {
	local known='^(224.0.0.1|ff0[12]::[12]|ff02::1:ff.*)$'

	! runs systemd-resolve ||
		known="${known%)$}|224.0.0.25[12]|ff02::fb|ff02::1:3)$"
	ip maddr show dev "$1" 2>/dev/null |
		awk '$1 ~ /^inet/ { print $2 }' | grep -vE "$known" |
		found "the multicast groups of $1"
}

# Not tried, or by index inside the kernel.
services_of() {
	local module

	! runs firewalld || echo firewalld
	! runs 'ipvs-[mb].*' || echo "the sync daemon of IPVS"
	for module in netconsole tipc aoe fcoe rdma_rxe siw; do
		[[ ! -d $ROOT/sys/module/$module ]] || echo "$module"
	done
	[[ ! -e $ROOT/proc/net/pktgen/$1 ]] || echo pktgen
	[[ ! -d $ROOT/sys/class/net/$1/device/ptp ]] || echo "the PTP clock of $1"
	grep -rhs --include=net_prio.ifpriomap "^$1 [1-9]" \
		"$ROOT/sys/fs/cgroup/net_prio/" | found "the net_prio priorities of $1"
}

# save_net NAME DIR: what is needed to restore the interface.
save_net() {
	local net=$1 dir=$2

	mkdir -p "$dir"
	echo "$net" >"$dir/name"
	cat "/sys/class/net/$net/mtu" >"$dir/mtu"
	cat "/sys/class/net/$net/tx_queue_len" >"$dir/qlen"
	cat "/sys/class/net/$net/flags" >"$dir/flags"
	has_link "$net" >"$dir/link"
	{
		ip -4 -o addr show dev "$net"
		# Shown last first.
		ip -6 -o addr show dev "$net" | tac
	} | sed -n 's/\\.*valid_lft/ valid_lft/
		s/^[0-9]*: [^ ]* *//p' >"$dir/addresses"
	ip neigh show dev "$net" nud permanent >"$dir/neighbours"
	# Without those that only the kernel makes.
	ip -4 route show table all dev "$net" |
		grep -vE '^(local|broadcast) ' >"$dir/routes4" || true
	ip -6 route show table all dev "$net" |
		grep -vE -e '^(local|anycast|multicast|ff00::/8) ' \
			-e '^fe80::/64 proto kernel metric 256 ' |
		sed -E 's/(expires [0-9]+)sec/\1/' >"$dir/routes6" || true
	sysctls "$net" >"$dir/sysctls"
	features "$net" >"$dir/features"
	picture "$net" >"$dir/picture"
}

# has_link NET: 1 if it is up and has one.
has_link() {
	cat "/sys/class/net/$1/carrier" 2>/dev/null || true
}

# picture NET: what should be the same afterwards, restored or not.
picture() {
	local way net=$ROOT/sys/class/net/$1

	grep -Hs . "$net"/{flags,address,gro_flush_timeout,napi_defer_hard_irqs,threaded} \
		"$net"/queues/*/*_{cpus,rxqs,cnt} || true
	ip -d -o link show dev "$1" | grep -oE \
		' (mtu|group|qlen|alias|altname|numtxqueues|numrxqueues) [^ \]+' || true
	ip -4 -o addr show dev "$1" | sed 's/^[0-9]*: //; s/\\.*//' | sort || true
	for way in -4 -6; do
		ip "$way" route show table all dev "$1" |
			sed 's/expires [0-9]*sec/expires/' | grep -v '^multicast' | sort || true
	done
	for way in -k -g -l -c -a -x -n --show-priv-flags; do
		ethtool "$way" "$1" 2>/dev/null || true
	done
}

# Said, not judged: defaults may have come back.
compare_picture() {
	local line

	picture "$1" | diff "$2/picture" - | grep '^[<>]' | head -n 40 |
		while IFS= read -r line; do
			note "$1 differs: $line"
		done || true
}

sysctls() {
	grep -Hs . /proc/sys/net/ipv[46]/{conf,neigh}/"$1"/* || true
}

features() {
	ethtool -k "$1" 2>/dev/null |
		sed -n 's/^[[:space:]]*\([a-z0-9-]*\): \(on\|off\)$/\1 \2/p' || true
}

# Only what has changed; some settings cannot be written at all.
restore_settings() {
	local name=$1 dir=$2 line key value

	while read -r key value; do
		ethtool -K "$name" "$key" "$value"
	done < <(features "$name" | grep -vxFf - "$dir/features") || true
	while IFS= read -r line; do
		echo "${line#*:}" >"${line%%:*}" || true
	done < <(sysctls "$name" | grep -vxFf - "$dir/sysctls")
}

restore_all() {
	local dir name status=0

	! have udevadm || udevadm settle --timeout=3 2>/dev/null || true
	free_names 2>>"$LIVE_DIR/log"
	for dir in "$LIVE_DIR"/net/*/; do
		read -r name <"$dir/name"
		restore_net "$(basename "$dir")" 2>>"$LIVE_DIR/log" || {
			note "could not restore $name"
			status=1
		}
		compare_picture "$name" "$dir"
	done
	return "$status"
}

# Two interfaces may have come back with each other's names: rename both first.
free_names() {
	local dir net n=0

	for dir in "$LIVE_DIR"/net/*/; do
		net=$(netdev_of "$(basename "$dir")")
		[[ $net && $net != "$(cat "$dir/name")" ]] || continue
		n=$((n + 1))
		ip link set dev "$net" down || continue
		ip link set dev "$net" name "ena-swap$n" || continue
	done
}

# restore_net FUNCTION: its interface may have another name now.
restore_net() {
	local function=$1 dir=$LIVE_DIR/net/$1 name net value

	name=$(cat "$dir/name")
	net=$(netdev_of "$function")
	[[ $net ]] || return
	[[ $net == "$name" ]] || { ip link set dev "$net" down &&
		ip link set dev "$net" name "$name"; } || return
	ip link set dev "$name" mtu "$(cat "$dir/mtu")" || return
	ip link set dev "$name" txqueuelen "$(cat "$dir/qlen")" || missed "queue length"
	restore_settings "$name" "$dir" >/dev/null 2>&1 || true
	value=$(cat "$dir/flags")
	(( (value & 1) == 0 )) || ip link set dev "$name" up || return
	restore_addresses "$name" "$dir"
	await_link "$name" "$dir" && await_router "$name" "$dir"
}

# await_link NAME DIR: if it had one.
readonly LINK_TIME=10
await_link() {
	local end

	end=$(($(clock) + LINK_TIME))
	[[ $(cat "$2/link") == 1 ]] || return 0
	until [[ $(has_link "$1") == 1 ]]; do
		(($(clock) < end)) || { note "$1 has no link"; return 1; }
		sleep 0.1
	done
}

# The kernel asks routers for these when its link is up. Before 6.9 an advertisement
# ends a route of ours that is the same.
readonly FROM_ROUTER='^[^ ]+ via .* proto ra '
readonly ROUTER_TIME=5

takes_advertisements() {
	local conf=/proc/sys/net/ipv6/conf/$1 accept forwarding

	accept=$(cat "$conf/accept_ra" 2>/dev/null) || true
	forwarding=$(cat "$conf/forwarding" 2>/dev/null) || true
	[[ $accept == 2 || $accept$forwarding == 10 ]]
}

# await_router NAME DIR: where none answers, its routes are restored like others.
await_router() {
	local name=$1 end line

	takes_advertisements "$1" && grep -qE "$FROM_ROUTER" "$2/routes6" || return 0
	end=$(($(clock) + ROUTER_TIME))
	until [[ $(ip -6 route show default dev "$1" proto ra) ]]; do
		if (($(clock) < end)); then
			sleep 0.2
			continue
		fi
		while read -r line; do
			restore_route 6 missed
		done < <(grep -E "$FROM_ROUTER" "$2/routes6")
		return 0
	done
}

# What fails is in the log.
restore_addresses() {
	local name=$1 dir=$2 line

	while read -r line; do
		restore_address "$line" "$name"
	done <"$dir/addresses"
	while read -r line; do
		# shellcheck disable=SC2086	# words of ip
		ip neigh replace ${line/PERMANENT/nud permanent} dev "$name" ||
			missed "neighbour $line"
	done <"$dir/neighbours"
	# A route may need another one that comes later in the list.
	restore_routes : 2>/dev/null
	restore_routes missed
	return 0
}

# restore_routes OTHERWISE, with the caller's name and dir.
restore_routes() {
	local way line routers=0

	! takes_advertisements "$name" || routers=1
	for way in 4 6; do
		while read -r line; do
			((routers)) && [[ $line =~ $FROM_ROUTER ]] && continue
			restore_route "$way" "$1"
		done <"$dir/routes$way"
	done
}

# restore_route 4|6 OTHERWISE, with the caller's name and line.
restore_route() {
	# shellcheck disable=SC2086	# words of ip
	ip "-$1" route replace ${line/ linkdown/} dev "$name" || "$2" "route $line"
}

missed() {
	note "could not restore the $1 of $name"
}

# restore_address LINE NAME: LINE is "inet A/P brd B scope global dynamic NAME
# valid_lft 10sec preferred_lft 10sec"; some flags are output only. IPv6 routes
# cannot name an address during duplicate address detection, which was done before
# the swap. The kernel makes its own link-local address.
restore_address() {
	local words=() word lifetimes

	[[ $1 != *" kernel_ll "* ]] || return 0
	for word in ${1%% valid_lft*}; do
		case $word in
		inet | inet6 | dynamic | "$2" | tentative | secondary | deprecated | \
			mngtmpaddr | temporary | dadfailed | stable-privacy) ;;
		"$2":*) words+=(label "$word") ;;
		*) words+=("$word") ;;
		esac
	done
	[[ $1 != "inet6 "* || $1 == *" nodad "* ]] || words+=(nodad)
	lifetimes=${1##* valid_lft }
	# shellcheck disable=SC2086	# words of ip
	ip addr replace "${words[@]}" dev "$2" valid_lft ${lifetimes//sec/} ||
		missed "address $1"
}

