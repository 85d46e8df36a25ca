# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# Figures for Prometheus, on stdout or for node_exporter's textfile collector.
# "ports" is the caller's.

readonly STATES=(fixed mitigated exposed unaffected unknown)

# metric NAME TYPE HELP: what is read from stdin are its labels and values.
metric() {
	local line

	printf '# HELP ena_tx_header_%s %s\n# TYPE ena_tx_header_%s %s\n' \
		"$1" "$3" "$1" "$2"
	while IFS= read -r line; do
		[[ ! $line ]] || printf 'ena_tx_header_%s%s\n' "$1" "$line"
	done
}

# label TEXT: as it stands between quotes.
label() {
	local text=${1//\\/\\\\}

	echo "${text//\"/\\\"}"
}

# per_port FUNCTION ARG...: a line for each interface that has such a figure.
per_port() {
	local port value

	for port in "${ports[@]}"; do
		value=$("$@" "${port%% *}")
		[[ ! $value ]] ||
			printf '{device="%s"} %s\n' "$(label "${port%% *}")" "$value"
	done
}

# mitigate_counter COLUMN INTERFACE
mitigate_counter() {
	local said why

	call_bpf status "$2" || return 0
	[[ $said == none ]] || cut -d' ' -f"$1" <<<"$said"
}

driver_counter() {
	counter_sum "$2" "$1"
}

# state_of_host: the worst of its interfaces'.
state_of_host() {
	local port net placement said why state=unaffected

	if runs_fixed; then
		echo "fixed"
		return
	fi
	[[ ! $(ena_unseen) ]] || state=unknown
	for port in "${ports[@]}"; do
		read -r net placement _ <<<"$port"
		[[ $placement != llq ]] || continue
		if ! call_bpf status "$net"; then
			state=unknown
		elif [[ $said == none ]]; then
			echo "exposed"
			return
		elif [[ $state == unaffected ]]; then
			state=mitigated
		fi
	done
	echo "$state"
}

state_lines() {
	local state is value

	is=$(state_of_host)
	for state in "${STATES[@]}"; do
		value=0
		[[ $state != "$is" ]] || value=1
		printf '{state="%s"} %d\n' "$state" "$value"
	done
}

watched_lines() {
	local -A seen

	watch_frames "$DURATION"
	printf '{fate="%s"} %s\n' lost "${seen[lost]}" fixed "${seen[fixed]}" \
		unknown "${seen[unknown]}"
}

# Kernels that an install or an upgrade left without the fix; "status" says more.
unfixed_lines() {
	local kernel why

	for kernel in $(kernels); do
		is_marked "$kernel" || continue
		why=failed
		! is_unpatchable "$kernel" || why=does_not_apply
		printf '{kernel="%s",reason="%s"} 1\n' "$(label "$kernel")" "$why"
	done
}

all_metrics() {
	metric state gauge "What keeps this host from losing frames." \
		< <(state_lines)
	metric mitigated_frames_total counter \
		"Frames whose header the mitigation pulled together." \
		< <(per_port mitigate_counter 2)
	metric mitigation_failed_frames_total counter \
		"Frames that the mitigation had no memory for." \
		< <(per_port mitigate_counter 3)
	metric linearized_frames_total counter \
		"Frames that the driver copied into one piece." \
		< <(per_port driver_counter linearize)
	metric linearize_failed_frames_total counter \
		"Frames that the driver had no memory to copy." \
		< <(per_port driver_counter linearize_failed)
	metric unfixed_kernel gauge \
		"A kernel that did not get the fix, and why." \
		< <(unfixed_lines)
	[[ ! $DURATION ]] || metric watched_frames gauge \
		"Frames with a cut header in $DURATION seconds, and their fate." \
		< <(watched_lines)
}

cmd_metrics() {
	local ports=() names=() text

	needs_this_host
	find_ports
	[[ ! $TEXTFILE || -d $TEXTFILE ]] || die "$E_FAIL" "there is no folder" \
		"$TEXTFILE: name node_exporter's --collector.textfile.directory"
	text=$(all_metrics | printable)
	if [[ $TEXTFILE ]]; then
		put_file "$TEXTFILE/$NAME.prom" "$text" ||
			die "$E_WRITE" "cannot write $TEXTFILE/$NAME.prom"
	else
		printf '%s\n' "$text"
	fi
}
