# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154	# see guest-swap
# One of everything that refers to a port, for which a swap is refused.

declare -A ADD DEL NAMED

# What a swap would lose on eth0: how it is added, removed and named.
ADD[upper]="ip link add link eth0 name eth0.5 type vlan id 5"
DEL[upper]="ip link del eth0.5" NAMED[upper]=eth0.5
ADD[qdisc]="tc qdisc add dev eth0 root handle 1: pfifo"
DEL[qdisc]="tc qdisc del dev eth0 root" NAMED[qdisc]="the tc qdiscs of eth0"
ADD[xdp]="ip link set dev eth0 xdpgeneric obj /guest/pass.bpf.o sec xdp"
DEL[xdp]="ip link set dev eth0 xdpgeneric off" NAMED[xdp]="the XDP program of eth0"
ADD[multipath]="ip route add 233.252.0.0/24 nexthop via 192.0.2.1 dev eth0
	nexthop via 192.0.2.3 dev eth0"
DEL[multipath]="ip route del 233.252.0.0/24"
NAMED[multipath]="the multipath routes of eth0"
ADD[ingress]="add_filters ingress" ADD[egress]="add_filters egress"
DEL[ingress]="tc qdisc del dev eth0 clsact" DEL[egress]=${DEL[ingress]}
NAMED[ingress]="the tc filters of eth0" NAMED[egress]=${NAMED[ingress]}

ADD[bridge]="add_master br0 bridge" DEL[bridge]="ip link del br0"
NAMED[bridge]=br0
ADD[bond]="add_master bond9 bond mode active-backup fail_over_mac active" DEL[bond]="ip link del bond9" NAMED[bond]=bond9
ADD[mirred]=add_mirred DEL[mirred]="ip link del dummy9"
NAMED[mirred]="the tc redirections to eth0"
ADD[bound]="hold_socket tcp" DEL[bound]=drop_holder NAMED[bound]="a socket of perl on eth0"
ADD[packet]="hold_socket packet" DEL[packet]=drop_holder
NAMED[packet]=${NAMED[bound]}
ADD[source]="ip route add 233.252.0.0/24 dev eth1 src 192.0.2.2"
DEL[source]="ip route del 233.252.0.0/24"
NAMED[source]="the routes of others from an address of eth0"
ADD[xfrm]="ip xfrm policy add dir out dev eth0 src 10.0.0.0/8 dst 10.0.0.0/8"
DEL[xfrm]="ip xfrm policy flush" NAMED[xfrm]="the IPsec policies of eth0"
ADD[af_xdp]="hold_socket af_xdp" DEL[af_xdp]=drop_holder
NAMED[af_xdp]="sockets of the protocol XDP"
ADD[nexthop]="ip nexthop add id 9 via 192.0.2.1 dev eth0"
DEL[nexthop]="ip nexthop del id 9" NAMED[nexthop]="the nexthop objects of eth0"
ADD[proxy]="ip neigh add proxy 192.0.2.50 dev eth0"
DEL[proxy]="ip neigh del proxy 192.0.2.50 dev eth0"
NAMED[proxy]="the proxy neighbours of eth0"
ADD[lease]="ip addr add 192.0.2.60/24 dev eth0 valid_lft 900 preferred_lft 900"
DEL[lease]="ip addr del 192.0.2.60/24 dev eth0" NAMED[lease]="a leased address of eth0"
ADD[client]="hold_name udhcpc" DEL[client]=drop_holder NAMED[client]="the DHCP client udhcpc"
ADD[firewalld]="hold_name firewalld" DEL[firewalld]=drop_holder
NAMED[firewalld]=firewalld

# add_master NAME TYPE...
add_master() {
	ip link add "$1" type "${@:2}" && ip link set eth0 down &&
		ip link set eth0 master "$1"
}

add_mirred() {
	ip link add dummy9 type dummy && tc qdisc add dev dummy9 clsact &&
		tc filter add dev dummy9 ingress protocol ip u32 match u32 0 0 \
			action mirred egress redirect dev eth0
}

# hold_socket tcp|packet|af_xdp: by a program that is then "holder".
hold_socket() {
	case $1 in
	tcp) set -- 2 1 0 'setsockopt(S, 1, 25, "eth0\0") or die $!; bind(S,
		pack("S n a4 x8", 2, 7777, "\0" x 4)) or die $!; listen(S, 1)' ;;
	packet) set -- 17 3 768 'open(F, "/sys/class/net/eth0/ifindex"); bind(S,
		pack("S n i x12", 17, 3, scalar <F>)) or die $!' ;;
	af_xdp) set -- 44 3 0 1 ;;
	esac
	perl -e "socket(S, $1, $2, $3) or die \$!; $4; sleep 600" &
	holder=$!
	sleep 1
}

hold_name() {
	cp "$(command -v sleep)" "$WORK/$1"
	"$WORK/$1" 600 &
	holder=$!
}

drop_holder() {
	kill "$holder"
	wait "$holder" 2>/dev/null
}

add_filters() {
	local i

	tc qdisc add dev eth0 clsact || return
	for ((i = 1; i < 50; i++)); do
		tc filter add dev eth0 "$1" prio "$i" protocol ip u32 \
			match u32 0 0 action ok || return
	done
}

live_refused() {
	local status=0

	start_stock
	# shellcheck disable=SC2086	# words of a command
	${ADD[$1]} || return
	activate || status=$?
	${DEL[$1]}
	((status == 118)) && grep -q "${NAMED[$1]}" "$WORK/out" &&
		[[ $(running) == stock && ! -e /run/ena-tx-header/live ]]
}
