# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# A cure without a new driver: a BPF program at tc egress that makes cut headers
# whole. "names", "ports" and "rows" are the caller's.

# tx_bpf: the program that loads it, or nothing.
tx_bpf() {
	local path

	for path in "$REPO/build/bpf/ena-tx-bpf" /usr/lib/$NAME/ena-tx-bpf; do
		[[ ! -x $path ]] || { echo "$path"; return; }
	done
}

# call_bpf COMMAND INTERFACE: its output in "said", its words on an error in "why".
call_bpf() {
	local program errors status=0

	program=$(tx_bpf)
	if [[ ! $program ]]; then
		why="there is no ena-tx-bpf: build it with 'make bpf'"
		return "$E_BPF"
	fi
	errors=$(mktemp)
	said=$("$program" "$@" 2>"$errors") || status=$?
	why=$(<"$errors")
	rm -f "$errors"
	return "$status"
}

# One at a time: two that replace each other's program would leave none.
one_at_a_time() {
	private_run
	exec 8>>"$RUN/mitigate.lock"
	flock -w 60 8 || die "$E_LOCK" "another $NAME mitigate is at work on this" \
		"host: try again when it has ended; nothing was changed"
}

is_wanted() {
	((!${#names[@]})) || [[ " ${names[*]} " == *" $1 "* ]]
}

# Fills "ports": name and placement of each interface asked for.
find_ports() {
	local pci net name

	for pci in $(ena_functions); do
		net=$(netdev_of "$pci")
		if [[ ! $net ]]; then
			((${#names[@]})) || msg "$pci is in another network" \
				"namespace: run this in there, too"
		elif is_wanted "$net"; then
			ports+=("$net $(placement "$pci")")
		fi
	done
	for name in "${names[@]}"; do
		[[ " ${ports[*]%% *} " == *" $name "* ]] || die "$E_FAIL" \
			"'$name' is no ENA interface in this network namespace"
	done
	((${#ports[@]})) || die "$E_FAIL" "there is no ENA interface in this" \
		"network namespace: 'ls /sys/bus/pci/drivers/ena' lists the devices"
}

# why_not PLACEMENT: why an interface needs no mitigation, or nothing.
why_not() {
	if runs_fixed; then
		echo "the running driver is patched"
	elif [[ $1 == llq ]]; then
		echo "it uses LLQ"
	fi
}

# pedit_lines INTERFACE: a cure of tc's own, for hosts that load no BPF.
pedit_lines() {
	local pref=1 proto words

	echo "tc qdisc add dev $1 clsact"
	while read -r proto words; do
		echo "tc filter add dev $1 egress pref $((pref++))" \
			"protocol $proto u32 match $words u32 set 0 retain 0 continue"
	done <<-EOT
	ip ip protocol 6 0xff action pedit munge offset 36
	ip ip protocol 17 0xff action pedit munge offset 24
	ipv6 ip6 protocol 6 0xff action pedit munge offset 56
	ipv6 ip6 protocol 17 0xff action pedit munge offset 44
	EOT
}

say_pedit() {
	msg "tc alone can do it for most frames, at some 600 instructions each:"
	pedit_lines "$1" | sed 's/^/  /' | printable >&2
	msg "these miss frames with IPv4 options, IPv6 extension headers or VLAN" \
		"tags; to undo them: for p in 1 2 3 4; do tc filter del dev $1" \
		"egress pref \$p; done"
}

# row_of INTERFACE PLACEMENT: what is there now, in "state", and a JSON row.
row_of() {
	local hook pulled failed front said not_needed why=''

	not_needed=$(why_not "$2")
	call_bpf status "$1" || said=unknown
	read -r hook pulled failed front <<<"$said"
	case $hook${not_needed:+-}${front:++} in
	unknown) state=unknown ;;
	none) state=exposed ;;
	none- | unknown-) state="not needed" ;;
	*+) state=behind ;;
	*-) state="no longer needed" ;;
	*) state=mitigated ;;
	esac
	rows+=$(json_object name "$1" placement "$2" state "$state" \
		hook? "$(grep -x 'tcx\|clsact' <<<"$hook")" \
		reason? "${not_needed:-$why}" \
		pulled= "${pulled:-null}" failed= "${failed:-null}" \
		in_front= "$(tr ' ' '\n' <<<"$front" | json_strings)")$'\n'
	say "$1: $(state_text "$2")"
}

state_text() {
	local counted="$pulled frames pulled, $failed not for lack of memory"

	case $state in
	unknown) echo "unknown: $why" ;;
	exposed) echo "exposed: placement $1, no mitigation" ;;
	"not needed") echo "no mitigation needed: $not_needed" ;;
	behind) echo "mitigated at $hook, but BEHIND $front, which can hide" \
		"frames from it; run '$NAME mitigate'; $counted" ;;
	"no longer needed") echo "mitigated at $hook, no longer needed:" \
		"$not_needed; run '$NAME mitigate --off'; $counted" ;;
	*) echo "mitigated at $hook, in front; $counted" ;;
	esac
}

# change attach|detach INTERFACE
change() {
	local status=0 said why=''

	if [[ $DRY_RUN ]]; then
		say "would run: ena-tx-bpf $*"
		return
	fi
	call_bpf "$@" || status=$?
	((status == 0)) || msg "error: ${2}: ${why#"$2: "}"
	case $why in
	*"ingress qdisc"*) msg "clsact has to take its place: 'tc qdisc del" \
		"dev $2 ingress', then add clsact and its filters" ;;
	*"another kind"*) msg "it has preference 1: give it another one; 'tc" \
		"filter show dev $2 egress' shows it" ;;
	esac
	((status != E_BPF)) || say_pedit "$2"
	return "$status"
}

# change_all attach|detach: returns the first failure's status.
change_all() {
	local port net placement worst=0 status

	for port in "${ports[@]}"; do
		read -r net placement _ <<<"$port"
		[[ $1 == detach || ! $(why_not "$placement") ]] || continue
		status=0
		change "$1" "$net" || status=$?
		((worst)) || worst=$status
	done
	return "$worst"
}

# show_ports: exit status 1 if one is exposed or not in front.
show_ports() {
	local port net placement state rows='' status=0

	for port in "${ports[@]}"; do
		read -r net placement _ <<<"$port"
		row_of "$net" "$placement"
		[[ $state == mitigated || $state == no* ]] || status=1
	done
	answer version "$VERSION" covered= "$(json_bool test $status = 0)" \
		interfaces= "$(json_array <<<"$rows")"
	return "$status"
}

cmd_mitigate() {
	local ports=() names=("$@") status=0 action=attach

	needs_this_host
	((!!${#OFF} + !!${#STATUS} + !!${#PERSIST} <= 1)) ||
		usage_die "--off, --status and --persist exclude each other"
	[[ ! $PERSIST ]] || ((!${#names[@]})) ||
		usage_die "--persist is for all ENA interfaces"
	[[ ! $OFF ]] || ((${#names[@]})) || forget || status=1
	[[ ! $PERSIST ]] || persist
	find_ports
	[[ ! $STATUS ]] || { show_ports; return; }
	[[ $DRY_RUN ]] || one_at_a_time
	[[ ! $OFF ]] || action=detach
	change_all "$action" || status=$?
	if [[ $DRY_RUN ]]; then
		[[ ! $JSON ]] || show_ports || true
	else
		show_ports || [[ $OFF ]] || ((status)) || status=1
	fi
	return "$status"
}
