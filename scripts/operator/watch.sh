# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2153,SC2154
# How many frames with a cut header the driver is given, and whose. "seen" is the
# caller's associative array: [by], [lost], [fixed], [unknown], [cured], [from],
# and [rows], the lines of ena-tx-bpf, a verdict in front of each.

readonly TRACING=/sys/kernel/tracing

# cured_so_far: what 'mitigate' has cured since it was put there.
cured_so_far() {
	local port said why sum=0 pulled

	for port in "${ports[@]}"; do
		call_bpf status "${port%% *}" || continue
		read -r _ pulled _ <<<"$said"
		sum=$((sum + ${pulled:-0}))
	done
	echo "$sum"
}

# fate_of INTERFACE NEED: of its frames with a cut header.
fate_of() {
	local port

	for port in "${ports[@]}"; do
		[[ $port != "$1 "* ]] || break
	done
	if [[ $port == "$1 llq"* ]]; then
		echo "fine"
	elif runs_fixed; then
		echo "fixed"
	elif (($2)) && [[ $port == "$1 host"* ]]; then
		echo "lost"
	else
		echo "unknown"
	fi
}

# by_histogram SECONDS: lines as ena-tx-bpf has them, from the kernel's own event.
# What is 8 bytes behind the L4 offset can be UDP and whole.
by_histogram() {
	local dir=$TRACING/instances/$NAME event
	local key='len-data_len-transport_offset'

	event=$dir/events/net/net_dev_start_xmit
	[[ -d $TRACING/events ]] ||
		mount -t tracefs tracefs "$TRACING" 2>/dev/null
	mkdir "$dir" 2>/dev/null || return
	if ! echo "hist:keys=name,$key:size=2048 if data_len > 0 &&\
 gso_size == 0 && transport_offset_valid == 1" \
		2>/dev/null >"$event/trigger"; then
		rmdir "$dir"
		return 1
	fi
	msg "watching by the event net_dev_start_xmit: it shows neither where" \
		"frames are from nor their protocol, and no frame without an" \
		"L4 offset"
	sleep "$1" || true
	sed -n 's/^{ name: *\([^ ,]*\) *, .*: *\([0-9]*\) *} hitcount: *\([0-9]*\).*/\1 \2 \3/p' \
		"$event/hist"
	rmdir "$dir"
}

histogram_rows() {
	awk '$2 < 20 { need = $2 == 8 ? 0 : $2 < 8 ? "8+" : 20
		print $1 "\t-\t" $2 "\t" need "\t0\t-\t" $3 "\t0" }'
}

driver_instance() {
	stat -c '%i %Z' "$ROOT/sys/module/ena" 2>/dev/null || true
}

# watch_frames SECONDS [INTERFACE]: fills "seen".
watch_frames() {
	local said before program driver ifname from head need protocol process
	local frames bytes whole fate

	before=$(cured_so_far)
	driver=$(driver_instance)
	seen=([by]=kprobe [lost]=0 [fixed]=0 [unknown]=0 [fine]=0 [rows]='')
	program=$(tx_bpf)
	said=$("${program:-false}" watch "$@") || {
		seen[by]=event
		said=$(by_histogram "$1" | histogram_rows) || die "$E_BPF" \
			"no BPF program can watch, and no tracefs histogram"
	}
	[[ $driver == "$(driver_instance)" ]] || die "$E_FAIL" "the driver" \
		"was loaded again meanwhile, which ends the probe: watch again"
	while IFS=$'\t' read -r ifname from head need protocol process frames \
		bytes whole; do
		is_ena "$ifname" || continue
		fate=$(fate_of "$ifname" "${need%+}")
		# It has more fragments than the ring takes.
		[[ ! ${whole#0} || $fate == fixed ]] || continue
		seen[$fate]=$((seen[$fate] + frames))
		seen[rows]+=$(printf '%s\t' "$fate" "$ifname" "$from" "$head" \
			"$need" "$protocol" "$process" "$frames")$bytes$'\n'
		[[ $fate != lost ]] || seen[from]=$from
	done <<<"$said"
	seen[cured]=$(($(cured_so_far) - before))
}

is_ena() {
	[[ $1 == - || " ${ports[*]%% *} " == *" $1 "* ]]
}

watch_table() {
	local fate ifname from head need protocol process frames bytes

	while IFS=$'\t' read -r fate ifname from head need protocol process \
		frames bytes; do
		[[ ! $fate ]] || say "$ifname from $from: head $head of $need," \
			"protocol $protocol, by $process: $frames frames," \
			"$bytes bytes ${fate^^}"
	done <<<"${seen[rows]}"
	say "in $1 s: ${seen[lost]} frames lost, ${seen[fixed]} fixed by the" \
		"driver, ${seen[cured]} cured by mitigation," \
		"${seen[unknown]} unknown"
}

watch_rows_json() {
	local fate ifname from head need protocol process frames bytes

	while IFS=$'\t' read -r fate ifname from head need protocol process \
		frames bytes; do
		[[ ! $fate ]] || json_object fate "$fate" interface "$ifname" \
			from "$from" head= "$head" need "$need" \
			protocol= "$protocol" process "$process" \
			frames= "$frames" bytes= "$bytes"
	done <<<"${seen[rows]}" | json_array
}

watch_json() {
	json_object seconds= "$1" by "${seen[by]}" lost= "${seen[lost]}" \
		fixed= "${seen[fixed]}" cured= "${seen[cured]}" \
		unknown= "${seen[unknown]}" frames= "$(watch_rows_json)"
}

# For 'check --seconds': a verdict from what was seen.
verdict_by_traffic() {
	if ((seen[lost])); then
		echo "affected"
	elif ((seen[unknown])); then
		echo "unknown"
	else
		echo "exposed"
	fi
}

traffic_text() {
	case $1 in
	affected) echo " (lost ${seen[lost]} frames in $DURATION s, from" \
		"${seen[from]})" ;;
	exposed) echo ", nothing lost in $DURATION s, ${seen[cured]} frames" \
		"cured by mitigation" ;;
	unknown) echo " (${seen[unknown]} frames that could not be told" \
		"in $DURATION s)" ;;
	esac
}

cmd_watch() {
	local ports=() names=(${INTERFACE:+"$INTERFACE"})
	local -A seen

	needs_this_host
	find_ports
	watch_frames "${DURATION:=10}" "${names[@]}"
	watch_table "$DURATION"
	[[ ! $JSON ]] || watch_json "$DURATION"
	((seen[lost] == 0 && seen[unknown] == 0))
}
