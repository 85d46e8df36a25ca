# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153,SC2154
# Swaps the running module. All that going back needs is copied to RUN/live
# first. A keeper process starts the swap process; if either dies, the other one
# goes back to the old module.
#
# RUN/live/phase: ready, swapping, swapped, confirmed, reverted, failed (which is
# not final while no ena has a port)

LIVE_DIR=$RUN/live
MODULE=$ROOT/sys/module/ena
# How long a step may take before the swap counts as failed, in seconds.
readonly PROBE_TIME=15 RESTORE_TIME=30 TARGET_TIME=15
# How long systemd may take to start the keeper.
readonly MANAGER_TIME=10
# For how long there may be no ena before --reboot reboots.
readonly REBOOT_TIME=60

# In seconds, by a clock that nobody sets. It counts while suspended, too.
clock() {
	local now

	read -r now _ </proc/uptime
	echo "${now%.*}"
}

phase() {
	local word=''

	read -r word _ 2>/dev/null <"$LIVE_DIR/phase" || true
	echo "$word"
}

# Over what is there, which takes no space: /run may be full.
set_phase() {
	printf '%-12s\n' "$1" 1<>"$LIVE_DIR/phase"
	note "$1${2:+: $2}"
}

note() {
	{ echo "$(date +%T) $*" >>"$LIVE_DIR/log"; } 2>/dev/null || true
}

# swap_that_failed BOOTS: why the module that boots next did not stay, if that is the
# one of the last swap. BOOTS is that kernel, or nothing.
swap_that_failed() {
	local kernel why

	kernel=$(running_kernel)
	[[ $(phase) =~ ^(reverted|failed)$ && ${1:-$kernel} == "$kernel" &&
		$(module_id "$(module_of "$ROOT" "$kernel")") == \
		"$(cat "$LIVE_DIR/new.id" 2>/dev/null)" ]] || return 0
	why=$(sed -n 's/^[^ ]* \(reverted\|failed\): //p' "$LIVE_DIR/log" 2>/dev/null |
		tail -n1) || true
	[[ $why == "the swap did not start"* ]] ||
		echo "the last swap to the module on disk went back" \
			"(${why:-its log is gone}): run '$NAME uninstall', or swap again and confirm it"
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
		RESTORE_TIME + TARGET_TIME + PROBE_TIME)) s), or without" \
		"'$NAME confirm'" \
		"within $TIME s"
	start_keeper 9>&-
	follow_swap
}

# The caller may lose its terminal; the keeper goes on.
follow_swap() {
	local was='' now end

	end=$(($(clock) + PROBE_TIME))
	while :; do
		now=$(phase)
		if [[ $now == ready ]] && (($(clock) >= end)); then
			call_off
		elif swap_at_work; then
			end=$(($(clock) + PROBE_TIME))
		fi
		[[ $now == "$was" ]] || say "$now"
		was=$now
		! follow_phase "$now" || return 0
		(($(clock) < end + PROBE_TIME)) || die "$E_FAIL" "the processes" \
			"of the swap are gone; see '$NAME status'"
		sleep 0.2
	done
}

# follow_phase PHASE: is there nothing more to wait for?
follow_phase() {
	case $1 in
	confirmed | swapped)
		grep -hE "could not restore|differs: " "$LIVE_DIR/log" | printable >&2 || true
		if [[ $1 == confirmed ]]; then
			say "the patched module stays"
		else
			say "now run '$NAME confirm' from a new connection"
		fi
		answer phase "$1" ;;
	reverted | failed)
		die "$E_REVERTED" "$(tail -n1 "$LIVE_DIR/log")" ;;
	*) return 1 ;;
	esac
}

# A keeper that starts later finds a final phase. One that has just started changes
# the phase itself.
call_off() {
	(
		flock -w 1 8 || exit 0
		[[ $(phase) != ready ]] ||
			set_phase reverted "the swap did not start; nothing was changed"
	) 8<>"$LIVE_DIR/swap.lock"
}

start_keeper() {
	local keeper=(/bin/bash -p "$self" swap keeper "$TARGET" "$TIME" "$REBOOT")

	if [[ -d $ROOT/run/systemd/system ]] && have systemd-run; then
		timeout "$MANAGER_TIME" systemd-run --quiet --collect --unit="$NAME-swap" \
			--property=Restart=on-failure --property=RestartSec=100ms \
			--property=StartLimitIntervalSec=0 \
			--property=KillMode=process --property=TimeoutStopSec=5 \
			"${keeper[@]}" && return
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
	[[ $TARGET ]] || TARGET=$(gateway)
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

# Of IPv6 it is a link-local address, which needs the interface.
gateway() {
	{
		ip route show default
		ip -6 route show default | sed 's/\(via fe80[^ ]*\) dev \([^ ]*\)/\1%\2/'
	} | awk '{ for (i = 1; i < NF; i++) if ($i == "via") { print $(i + 1); exit } }'
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

# What would fail for sure, and what would be lost.
refuse_unsafe() {
	local bad

	bad=$(signature_refusal "$(signature_rule)" "$1")
	[[ ! $bad ]] || die "$E_SIGNATURE" "$bad"
	refuse_unknown
	[[ $(port_to "$TARGET") ]] || die "$E_UNSAFE" "$TARGET is not reached" \
		"over an ENA port, so its answer would not tell whether the swap" \
		"went well; name a --target that is"
	answers "$TARGET" || die "$E_UNSAFE" "$TARGET does not answer now; name" \
		"a --target that does"
}

# port_to ADDRESS: the ENA port that it is reached over, or nothing.
port_to() {
	local dev function

	dev=${1##*%}
	[[ $1 == *%* ]] || dev=$(ip -o route get "$1" 2>/dev/null |
		sed -n '1s/.* dev \([^ ]*\).*/\1/p')
	for function in $(ena_functions); do
		[[ $dev != "$(netdev_of "$function")" ]] || { echo "$dev"; return; }
	done
}

save_everything() {
	local function need

	need=$({ plain "$1" && plain "$2"; } | wc -c)
	need=$((need / 1048576 + 4))
	need=$(space_problem /run "$need")
	[[ ! $need ]] || die "$E_DISK" "${need#* }; nothing was changed"
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
	echo no >"$LIVE_DIR/confirm"
	set_phase ready
	sync -f "$LIVE_DIR"
}

# limited END CMD...: waited for until then. A module's code cannot be killed, so
# it may still be at work after that.
limited() {
	local end=$1 pid

	shift
	"$@" 8>&- &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		(($(clock) < end)) || {
			note "$1 hangs"
			disown "$pid"
			kill -KILL "$pid" 2>/dev/null
			return 1
		}
		sleep 0.1
	done
	wait "$pid"
}

# load FILE: replaces any loaded ena. A helper of ours that was killed may still
# be loading or unloading a module: try again; also if no port came with it.
load() {
	local want=$1 id options end since

	id=$(cat "${want%.ko}.id")
	read -r -a options <"$LIVE_DIR/options" || true
	since=$(clock)
	end=$((since + PROBE_TIME))
	while (($(clock) < end)); do
		if [[ ! -d $MODULE ]]; then
			limited "$end" insmod "$want" "${options[@]}" \
				2>>"$LIVE_DIR/log" ||
				[[ $want == *old.ko ]] || return 1
			since=$(clock)
		elif [[ $(running_id) != "$id" ]] || { is_loaded && ! any_port &&
			(($(clock) >= since + PROBE_TIME / 3)); }; then
			limited "$(($(clock) + PROBE_TIME / 3))" rmmod ena 2>>"$LIVE_DIR/log" || true
		fi
		[[ -d $MODULE && $(running_id) == "$id" ]] &&
			probed && return
		sleep 0.1
	done
	! is_loaded || note "no interface: $(missing_ports | paste -sd,)"
	return 1
}

is_old() {
	is_loaded && [[ $(running_id) == "$(cat "$LIVE_DIR/old.id")" ]]
}

is_loaded() {
	[[ $(cat "$MODULE/initstate" 2>/dev/null) == live ]]
}

probed() {
	is_loaded && [[ ! $(missing_ports) ]]
}

# One that was there is there again: the others would not come by trying on.
any_port() {
	local dir

	is_loaded || return
	for dir in "$LIVE_DIR"/net/*/; do
		[[ ! $(netdev_of "$(basename "$dir")") ]] || return 0
	done
	[[ ! -d $dir ]]
}

# Those that are without an interface.
missing_ports() {
	local dir function

	for dir in "$LIVE_DIR"/net/*/; do
		function=$(basename "$dir")
		[[ $(netdev_of "$function") ]] ||
			echo "$(cat "$dir/name") ($function)"
	done
}

# Over the port itself. Some gateways answer ARP, but no ping.
answers() {
	local end port

	end=$(($(clock) + TARGET_TIME))
	while (($(clock) < end)); do
		port=$(port_to "$1")
		! timeout 2 ping -I "$port" -c1 -W1 "$1" >/dev/null 2>&1 || return 0
		[[ ! $port || ! $(ip neigh show to "${1%%%*}" dev "$port" \
			nud reachable 2>/dev/null) ]] || return 0
		sleep 0.2
	done
	return 1
}

# Without any ena there is nothing to lose by trying on. A port that does not come back
# leaves the others to be restored.
revert() {
	local why='' since

	note "going back: $1"
	load "$LIVE_DIR/old.ko" || { is_old && any_port; } || {
		why="the stock module did not come up"
		set_phase failed "$why; $1"
		until any_port; do
			try_on
		done
	}
	limited "$(($(clock) + 4 * RESTORE_TIME))" restore_all ||
		why=${why:-the old module is back without all of the network}
	if [[ $why ]]; then
		set_phase failed "$why; $1"
		return 1
	fi
	set_phase reverted "$1"
}

# With the caller's "since": when there was an ena last.
try_on() {
	since=${since-$(clock)}
	if [[ $REBOOT ]] && (($(clock) >= since + REBOOT_TIME)); then
		note "rebooting, as no ena comes up"
		timeout 5 sync || true
		systemctl reboot --force || reboot -f || true
	fi
	sleep 1
	load "$LIVE_DIR/old.ko" && why='' && return
	any_port || load "$LIVE_DIR/new.ko" || true
}

swap() {
	local target=$1 time=$2 deadline confirmed

	deadline=$(($(clock) + time))
	set_phase swapping
	load "$LIVE_DIR/new.ko" ||
		{ revert "the new module did not probe"; return; }
	limited "$(($(clock) + RESTORE_TIME))" restore_all ||
		{ revert "the network could not be restored"; return; }
	answers "$target" ||
		{ revert "$target did not answer"; return; }
	set_phase swapped
	while (($(clock) < deadline)); do
		read -r confirmed <"$LIVE_DIR/confirm" || true
		[[ $confirmed != yes ]] || { set_phase confirmed; return; }
		[[ -d /proc/$KEEPER ]] ||
			{ revert "the process guarding the swap was killed"; return; }
		sleep 0.2
	done
	revert "no 'confirm' within $time s"
}

# swap keeper TARGET TIME REBOOT: starts the swap and goes back if that dies. If the
# keeper dies, systemd starts it again; it then finds a phase that is not final.
cmd_swap() {
	local status=0

	[[ ${1-} == keeper ]] || usage_die "swap is for activate --live"
	REBOOT=${4-}
	trap '' HUP INT TERM PIPE
	{ echo -1000 >/proc/self/oom_score_adj; } 2>/dev/null || true
	exec 8<>"$LIVE_DIR/swap.lock"
	[[ $(phase) == ready ]] || { flock 8; resume; return; }
	{ echo $$ >"$LIVE_DIR/keeper"; } 2>/dev/null || true
	KEEPER=$$
	(
		flock -w 5 8 || exit 0
		[[ $(phase) != ready ]] || swap "$2" "$3"
	) || status=$?
	flock 8
	resume "the swap was killed (status $status)"
}

# No other process is at work now: what is not final goes back.
resume() {
	case $(phase) in
	confirmed | reverted) return ;;
	ready) set_phase reverted "the swap did not start; nothing was changed"
		return ;;
	failed) ! any_port || return 0 ;;&
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
		echo yes 1<>"$LIVE_DIR/confirm"
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
