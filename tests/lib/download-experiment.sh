# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# The report's experiment, for sourcing inside the guest after microvm.sh: curl
# in the client's namespace fetches bodies of growing size from SERVER_IP.
# $out gets rows.tsv (experiment, size, status, received), shapes.tsv
# (experiment, len, data_len, transport_offset, count; what the stack handed to
# the driver, from net:net_dev_start_xmit) and counters.tsv (experiment,
# counter, increase; from ethtool -S).

SIZES=(500 1000 2000 3000 4000 4096 5000 8000)
# How long to wait for a body whose header has arrived; only lost ones take it.
GIVE_UP_SECONDS=15
TRACEFS=/sys/kernel/tracing

trace_start() {
	mountpoint -q "$TRACEFS" || mount -t tracefs tracefs "$TRACEFS"
	echo 'name == "ena0"' >"$TRACEFS/events/net/net_dev_start_xmit/filter"
	echo 1 >"$TRACEFS/events/net/net_dev_start_xmit/enable"
}

shapes() { # EXPERIMENT
	awk -v experiment="$1" '
		/net_dev_start_xmit: dev=ena0/ {
			for (i = 1; i <= NF; i++) {
				split($i, f, "=")
				v[f[1]] = f[2]
			}
			n[v["len"] "\t" v["data_len"] "\t" v["transport_offset"]]++
		}
		END { for (s in n) print experiment "\t" s "\t" n[s] }
	' "$TRACEFS/trace" | sort -t$'\t' -k2n >>"$out/shapes.tsv"
	echo >"$TRACEFS/trace"
}

counters() {
	ethtool -S ena0 | awk -F': ' '/linearize/ { gsub(/ /, "", $1); print $1 "\t" $2 }'
}

fetch() { # BYTES
	rm -f "$out/body.$1" "$out/head.$1"
	exec ip netns exec client curl -s -o "$out/body.$1" -D "$out/head.$1" \
		"http://$SERVER_IP:8080/$1"
}

all_answered() {
	local size
	for size in "${SIZES[@]}"; do
		[ -s "$out/head.$size" ] || return
	done
}

all_ended() {
	! kill -0 "${fetches[@]}" 2>/dev/null
}

row() { # EXPERIMENT BYTES
	local status=000 received=0
	[ ! -s "$out/head.$2" ] || read -r _ status _ <"$out/head.$2"
	[ ! -e "$out/body.$2" ] || received=$(wc -c <"$out/body.$2")
	printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$status" "$received"
	rm -f "$out/body.$2" "$out/head.$2"
}

# All at once, so that lost ones take the time limit only once. It runs from the
# last answer, however long a busy machine takes until then.
experiment() { # NAME
	local name=$1 size fetches=()
	echo "experiment: $name"
	counters >"$out/before.tsv"
	for size in "${SIZES[@]}"; do
		fetch "$size" &
		fetches+=($!)
	done
	wait_for 300 all_answered || true
	wait_for "$GIVE_UP_SECONDS" all_ended || kill "${fetches[@]}" 2>/dev/null ||
		true
	wait "${fetches[@]}" || true
	for size in "${SIZES[@]}"; do
		row "$name" "$size"
	done | tee -a "$out/rows.tsv"
	shapes "$name"
	counters | paste "$out/before.tsv" - | awk -v experiment="$name" \
		'{ print experiment "\t" $1 "\t" $4 - $2 }' >>"$out/counters.tsv"
	rm "$out/before.tsv"
}

server_answers() {
	ip netns exec client curl -s -o /dev/null --max-time 5 \
		"http://$SERVER_IP:8080/500"
}
