# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153,SC2154
# Swaps the running module. All that going back needs is copied to RUN/live
# first. A keeper process starts the swap process; if either dies, the other one
# goes back to the old module.
#
# RUN/live/phase: ready, swapping, swapped, confirmed, reverted, failed

LIVE_DIR=$RUN/live
# How long a step may take before the swap counts as failed, in seconds.
readonly PROBE_TIME=15 TARGET_TIME=15

phase() {
	cat "$LIVE_DIR/phase" 2>/dev/null || true
}

set_phase() {
	echo "$1" >"$LIVE_DIR/phase.new"
	mv "$LIVE_DIR/phase.new" "$LIVE_DIR/phase"
	note "$1${2:+: $2}"
}

note() {
	echo "$(date +%T) $*" >>"$LIVE_DIR/log"
}

cmd_activate() {
	if [[ ! $LIVE ]]; then
		say "advice: reboot. It is the safe way; 'activate --live' swaps the" \
			"module under traffic instead."
		cmd_preflight_reboot
		return
	fi
	needs_this_host
	take_lock "activate --live"
	prepare_swap
	say "swapping now; it goes back by itself if the new module does not" \
		"probe or $TARGET does not answer (within $((PROBE_TIME +
		TARGET_TIME + PROBE_TIME)) s), or without '$NAME confirm'" \
		"within $TIME s"
	start_keeper 9>&-
	follow_swap
}

# The caller may lose its terminal; the keeper goes on.
follow_swap() {
	local was='' now end=$((SECONDS + PROBE_TIME))

	while :; do
		now=$(phase)
		[[ $now != ready ]] || ((SECONDS < end)) || call_off
		[[ $now == "$was" ]] || say "$now"
		was=$now
		case $now in
		confirmed | swapped)
			grep -h "could not restore" "$LIVE_DIR/log" >&2 || true
			[[ $now == swapped ]] ||
				say "the patched module stays"
			[[ $now == confirmed ]] ||
				say "now run '$NAME confirm' from a new connection"
			answer phase "$now"
			return ;;
		reverted | failed)
			die "$E_REVERTED" "$(tail -n1 "$LIVE_DIR/log")" ;;
		esac
		sleep 0.2
	done
}

# A keeper that starts later finds a final phase. One that has just started changes
# the phase itself.
call_off() {
	(
		flock -n 8 || exit 0
		[[ $(phase) != ready ]] ||
			set_phase reverted "the swap did not start; nothing was changed"
	) 8<>"$LIVE_DIR/swap.lock"
}

start_keeper() {
	local keeper=("$self" swap keeper "$TARGET" "$TIME")

	if [[ -d /run/systemd/system ]] && have systemd-run; then
		systemd-run --quiet --collect --unit="$NAME-swap" \
			--property=Restart=on-failure --property=RestartSec=0 \
			--property=StartLimitIntervalSec=0 \
			--property=KillMode=process --property=TimeoutStopSec=5 \
			--property=OOMScoreAdjust=-1000 "${keeper[@]}" && return
	fi
	setsid "${keeper[@]}" </dev/null >>"$LIVE_DIR/log" 2>&1 &
}

# The keeper and what it starts hold the lock.
swap_at_work() {
	[[ -e $LIVE_DIR/swap.lock ]] && ! flock -n "$LIVE_DIR/swap.lock" true
}

prepare_swap() {
	local kernel old new

	kernel=$(running_kernel)
	! swap_at_work ||
		die "$E_LOCK" "a swap is under way; 'confirm' it or wait"
	new=$(module_of "$ROOT" "$kernel")
	[[ -f $new && $(module_marker "$new") == "$MARKER" ]] ||
		die "$E_UNSAFE" "no patched module for $kernel is installed; run" \
			"'$NAME install' first"
	[[ $(running_id) != "$(module_id "$new")" ]] || {
		say "the patched module is running already"
		answer phase none
		exit
	}
	old=$(file_of_running "$kernel") || die "$E_UNSAFE" "cannot find the" \
		"file of the running ena, so there would be no way back; reboot"
	[[ $TARGET ]] || TARGET=$(ip route show default |
		awk '{ for (i = 1; i < NF; i++) if ($i == "via") print $(i + 1) }' |
		head -n1)
	[[ $TARGET ]] || usage_die "there is no default gateway; name what must" \
		"answer with --target"
	refuse_unsafe "$new"
	[[ ! $DRY_RUN ]] || {
		say "would swap to $new"
		answer would_load "$new"
		exit
	}
	save_everything "$old" "$new"
}

# The file that the running module was loaded from: the same build id.
file_of_running() {
	local id file dir

	id=$(running_id)
	[[ $id ]] || return 1
	while IFS= read -r file; do
		[[ $(module_id "$file") != "$id" ]] || { echo "$file"; return; }
	done < <(find "$ROOT/lib/modules/$1" "$DKMS" -name 'ena.ko*' -type f \
		2>/dev/null)
	return 1
}

tc_filters() {
	local way

	for way in ingress egress; do
		tc filter show dev "$1" "$way" 2>/dev/null || true
	done
}

# The kernel's default queueing disciplines have handle 0.
own_qdiscs() {
	tc qdisc show dev "$1" 2>/dev/null | awk '$3 != "0:"'
}

# Programs attached without tc, if there is a bpftool to ask.
tcx_programs() {
	! have bpftool ||
		bpftool net show dev "$1" 2>/dev/null | grep ' tcx/' || true
}

multipath_routes() {
	local way

	for way in 4 6; do
		ip "-$way" -o route show table all |
			grep "nexthop .*dev $1 " || true
	done
}

# Rules that hold the interface's index, which changes, or are attached to it.
# Rules by name (iifname) find it again.
nft_rules() {
	! have nft || nft list ruleset 2>/dev/null |
		sed -z 's/,\n[[:space:]]*/, /g' |
		awk -v net="\"$1\"" '
			/{$/ { by_index = 0 }
			/iface_index|typeof .*[io]if( |$)/ { by_index = 1 }
			index($0, net) && (/(^|[^a-z])([io]if|devices?) / ||
				by_index && /elements =/)'
}

# What an interface loses for good in a swap.
lost_with() {
	local net=$1 upper

	for upper in "$ROOT/sys/class/net/$net"/upper_*; do
		[[ ! -e $upper || -e $upper/bridge || -e $upper/bonding ]] ||
			echo "${upper##*upper_} (on $net)"
	done
	[[ ! $(tc_filters "$net") ]] || echo "the tc filters of $net"
	[[ ! $(own_qdiscs "$net") ]] || echo "the tc qdiscs of $net"
	[[ ! $(tcx_programs "$net") ]] || echo "the tcx programs of $net"
	[[ $(ip -d link show dev "$net") != *prog/xdp* ]] ||
		echo "the XDP program of $net"
	[[ ! $(multipath_routes "$net") ]] ||
		echo "the multipath routes of $net"
	[[ ! $(nft_rules "$net") ]] ||
		echo "the nft rules with iif, oif or device of $net"
}

# What would fail for sure, and what would be lost.
refuse_unsafe() {
	local function net bad

	bad=$(signature_refusal "$(signature_rule)" "$1")
	[[ ! $bad ]] || die "$E_SIGNATURE" "$bad"
	have tc || die "$E_UNSAFE" "there is no tc to ask what a swap would" \
		"lose; install iproute2 (iproute-tc)"
	for function in $(ena_functions); do
		net=$(netdev_of "$function")
		if [[ $net ]]; then
			bad+=$(lost_with "$net")$'\n'
		else
			bad+="$function (in another network namespace)"$'\n'
		fi
	done
	bad=$(grep . <<<"$bad" | paste -sd, | sed 's/,/, /g') || true
	[[ ! $bad ]] || die "$E_UNSAFE" "a swap would lose what it cannot" \
		"restore: $bad; reboot instead"
	answers "$TARGET" || die "$E_UNSAFE" "$TARGET does not answer now; name" \
		"a --target that does"
}

save_everything() {
	local function

	rm -rf "$LIVE_DIR"
	mkdir -p "$LIVE_DIR/net"
	plain "$1" >"$LIVE_DIR/old.ko"
	plain "$2" >"$LIVE_DIR/new.ko"
	modprobe --showconfig 2>/dev/null | sed -n 's/^options ena //p' |
		paste -sd' ' >"$LIVE_DIR/options"
	for function in $(ena_functions); do
		save_net "$(netdev_of "$function")" "$LIVE_DIR/net/$function"
	done
	module_id "$LIVE_DIR/old.ko" >"$LIVE_DIR/old.id"
	module_id "$LIVE_DIR/new.ko" >"$LIVE_DIR/new.id"
	set_phase ready
	sync
}

# save_net NAME DIR: what is needed to restore the interface.
save_net() {
	local net=$1 dir=$2

	mkdir -p "$dir"
	echo "$net" >"$dir/name"
	cat "/sys/class/net/$net/mtu" >"$dir/mtu"
	cat "/sys/class/net/$net/flags" >"$dir/flags"
	basename "$(readlink "/sys/class/net/$net/master" || echo none)" \
		>"$dir/master"
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
	restore_settings "$name" "$dir" >/dev/null 2>&1 || true
	read -r value <"$dir/master"
	[[ $value == none ]] || ip link set dev "$name" master "$value" || return
	value=$(cat "$dir/flags")
	(( (value & 1) == 0 )) || ip link set dev "$name" up || return
	restore_addresses "$name" "$dir"
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
	local way line

	for way in 4 6; do
		while read -r line; do
			# shellcheck disable=SC2086	# words of ip
			ip "-$way" route replace ${line/ linkdown/} dev "$name" ||
				"$1" "route $line"
		done <"$dir/routes$way"
	done
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

# load FILE: replaces any loaded ena. A helper of ours that was killed may still
# be loading or unloading a module: try again.
load() {
	local want=$1 id options end

	id=$(cat "${want%.ko}.id")
	read -r -a options <"$LIVE_DIR/options" || true
	end=$((SECONDS + PROBE_TIME))
	while ((SECONDS < end)); do
		if [[ ! -d /sys/module/ena ]]; then
			insmod "$want" "${options[@]}" 2>>"$LIVE_DIR/log" ||
				[[ $want == *old.ko ]] || return 1
		elif [[ $(running_id) != "$id" ]]; then
			rmmod ena 2>>"$LIVE_DIR/log" || true
		fi
		[[ -d /sys/module/ena && $(running_id) == "$id" ]] &&
			probed && return
		sleep 0.1
	done
	return 1
}

probed() {
	local dir function

	[[ $(cat /sys/module/ena/initstate 2>/dev/null) == live ]] || return
	for dir in "$LIVE_DIR"/net/*/; do
		function=$(basename "$dir")
		[[ $(netdev_of "$function") ]] || return
	done
}

restore_all() {
	local dir status=0

	! have udevadm || udevadm settle --timeout=3 2>/dev/null || true
	free_names 2>>"$LIVE_DIR/log"
	for dir in "$LIVE_DIR"/net/*/; do
		restore_net "$(basename "$dir")" 2>>"$LIVE_DIR/log" || {
			note "could not restore $(cat "$dir/name")"
			status=1
		}
	done
	return "$status"
}

# Some gateways answer ARP, but no ping.
answers() {
	local end=$((SECONDS + TARGET_TIME))

	while ((SECONDS < end)); do
		! ping -c1 -W1 "$1" >/dev/null 2>&1 || return 0
		[[ ! $(ip neigh show to "$1" nud reachable 2>/dev/null) ]] ||
			return 0
		sleep 0.2
	done
	return 1
}

revert() {
	local why=''

	note "going back: $1"
	load "$LIVE_DIR/old.ko" || why="the stock module did not come up"
	restore_all || why=${why:-the old module is back without all of the network}
	if [[ $why ]]; then
		set_phase failed "$why; $1"
		return 1
	fi
	set_phase reverted "$1"
}

swap() {
	local target=$1 time=$2 deadline=$((SECONDS + $2))

	set_phase swapping
	load "$LIVE_DIR/new.ko" ||
		{ revert "the new module did not probe"; return; }
	restore_all ||
		{ revert "the network could not be restored"; return; }
	answers "$target" ||
		{ revert "$target did not answer"; return; }
	set_phase swapped
	while ((SECONDS < deadline)); do
		[[ ! -e $LIVE_DIR/confirm ]] || { set_phase confirmed; return; }
		[[ -d /proc/$KEEPER ]] ||
			{ revert "the process guarding the swap was killed"; return; }
		sleep 0.2
	done
	revert "no 'confirm' within $time s"
}

# swap keeper TARGET TIME: starts the swap and goes back if that dies. If the
# keeper dies, systemd starts it again; it then finds a phase that is not final.
cmd_swap() {
	local status=0

	[[ ${1-} == keeper ]] || usage_die "swap is for activate --live"
	trap '' HUP INT TERM PIPE
	exec 8<>"$LIVE_DIR/swap.lock"
	[[ $(phase) == ready ]] || { flock 8; resume; return; }
	echo $$ >"$LIVE_DIR/keeper"
	KEEPER=$$
	(
		flock 8
		[[ $(phase) != ready ]] || swap "$2" "$3"
	) || status=$?
	flock 8
	resume "the swap was killed (status $status)"
}

# No other process is at work now: what is not final goes back.
resume() {
	case $(phase) in
	confirmed | reverted | failed) ;;
	*) revert "${1:-the process guarding the swap was killed}" ;;
	esac
}

cmd_confirm() {
	needs_this_host
	while swap_at_work && [[ $(phase) =~ ^(ready|swapping)$ ]]; do
		sleep 0.1
	done
	case $(phase) in
	'' | ready) die "$E_FAIL" "there is no swap to confirm" ;;
	swapped)
		: >"$LIVE_DIR/confirm"
		while swap_at_work && [[ $(phase) == swapped ]]; do
			sleep 0.1
		done ;;
	esac
	[[ ! $(phase) =~ ^swapp ]] || die "$E_FAIL" "the processes of the swap are" \
		"gone; what runs now stays, see '$NAME status'"
	[[ $(phase) == confirmed ]] ||
		die "$E_REVERTED" "the swap is $(phase): $(tail -n1 "$LIVE_DIR/log")"
	say "confirmed: the patched module stays"
}
