# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A microVM without a VM, for sourcing inside the guest. The VMM's part in the
# failure is no more than to move frames with their virtio-net header:
#
#   netns microvm         the guest's host                       netns client
#  +-------------+   +------------------------------------+   +-------------+
#  | HTTP server |   |                                    |   |  curl       |
#  | eth0 (tap) <-----> tap-relay <-> tapB <-mirred-> ena0 <----> ena1      |
#  +-------------+   +------------------------------------+   +-------------+
#                                             device model's wire
#
# SERVER_IP is the microVM's address, CLIENT_IP the client's.

SERVER_IP=192.0.2.1
CLIENT_IP=192.0.2.2
MICROVM_MTU=9001

# The ENA interfaces in the order of their PCI addresses.
ena_netdevs() {
	local dev
	for dev in /sys/bus/pci/drivers/ena/*:*/net/*; do
		[ -e "$dev" ] && basename "$dev"
	done
}

load_driver() { # ENA_KO
	local dep
	for dep in $(modinfo -F depends "$1" | tr , ' '); do
		modprobe "$dep"
	done
	insmod "$1"
}

# Renames them to ena0 and ena1 and moves ena1 to the client.
ena_ports_setup() {
	local names i
	mapfile -t names < <(ena_netdevs)
	if [ "${#names[@]}" -ne 2 ]; then
		echo "expected 2 ENA interfaces, found ${#names[@]}" >&2
		return 1
	fi
	ip netns add client
	for i in 0 1; do
		ip link set "${names[i]}" down
		ip link set "${names[i]}" name "ena$i" mtu "$MICROVM_MTU"
	done
	ip link set ena1 netns client
	ip -n client addr add "$CLIENT_IP/24" dev ena1
	ip -n client link set ena1 up
	ip link set ena0 up
}

redirect() { # FROM TO
	tc qdisc add dev "$1" clsact
	tc filter add dev "$1" ingress matchall action mirred egress \
		redirect dev "$2"
}

# As Kata's tc model does: the VM's interface has the NIC's MAC address, and
# every frame of either is redirected to the other.
microvm_setup() { # RELAY
	modprobe tun
	ip netns add microvm
	"$1" tapB microvm eth0 &
	wait_for 10 ip -n microvm link show eth0 >/dev/null 2>&1 || {
		echo "tap-relay did not create its taps" >&2
		return 1
	}
	ip -n microvm link set eth0 mtu "$MICROVM_MTU" \
		address "$(cat /sys/class/net/ena0/address)"
	ip -n microvm addr add "$SERVER_IP/24" dev eth0
	ip -n microvm link set eth0 up
	ip link set tapB mtu "$MICROVM_MTU" up
	redirect tapB ena0
	redirect ena0 tapB
}

# Serves bodies over HTTP: a file of N bytes is http://.../N.
http_files() { # BYTES...
	local n
	mkdir -p /tmp/http
	for n; do
		head -c "$n" /dev/zero >"/tmp/http/$n"
	done
}

http_server() { # COMMAND-PREFIX...
	exec "$@" busybox httpd -f -p 8080 -h /tmp/http
}

wait_for() { # SECONDS COMMAND...
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.2
	done
}
