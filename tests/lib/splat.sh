# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Finds what the kernel reports when something is wrong with it, for sourcing
# inside the guest: splat_begin, the test, splat_end. Works on any kernel; on the
# debug kernel it asks kmemleak as well.

SPLATS='\[ cut here \]|WARNING: |BUG: |BUG [^ ]+ \(|UBSAN: |INFO: task |INFO: rcu|'
SPLATS+='DMA-API: .*(error|leak|device driver|overlapping)|kmemleak: [0-9]+ new|'
SPLATS+='ODEBUG: |general protection fault|Oops|refcount_t: |Kernel panic|'
SPLATS+='unregister_netdevice: waiting|soft lockup|SKB isn.t NULL|'
SPLATS+='trying to register non-static key|NETDEV WATCHDOG|'
# Watchers that have stopped.
SPLATS+='kmemleak: .*(disabled|Cannot allocate)|DMA-API: .*disab(led|ling)|'
SPLATS+='INFO: lockdep is turned off|turning off the locking'

KMEMLEAK=/sys/kernel/debug/kmemleak
DMA_ERRORS=/sys/kernel/debug/dma-api/all_errors
SPLAT_MARK=
# Matching lines are no splats, nor is a "cut here" line above one.
SPLAT_EXPECTED=

splat_begin() {
	SPLAT_MARK="splat_begin $$ $RANDOM"
	[ ! -e "$KMEMLEAK" ] || echo clear >"$KMEMLEAK"
	# By default only the first since boot is reported.
	[ ! -e "$DMA_ERRORS" ] || echo 1 >"$DMA_ERRORS"
	echo "$SPLAT_MARK" >/dev/kmsg
}

# An object counts as leaked when it is five seconds old and two scans in a row
# have found no pointer to it.
splat_leaks() {
	[ -e "$KMEMLEAK" ] || return 0
	sleep 6
	if ! echo scan >"$KMEMLEAK" || ! echo scan >"$KMEMLEAK"; then
		echo "kmemleak does not scan any more"
		return
	fi
	cat "$KMEMLEAK"
}

# The log since the mark, or all of it where the mark has been overwritten.
splat_since() {
	awk -v mark="$SPLAT_MARK" -v expected="$SPLAT_EXPECTED" '
		index($0, mark) { n = 0; next }
		expected != "" && $0 ~ expected {
			if (n && line[n - 1] ~ /\[ cut here \]/)
				n--
			next
		}
		{ line[n++] = $0 }
		END { for (i = 0; i < n; i++) print line[i] }'
}

# Fails if there was a splat since splat_begin, and shows its first lines.
splat_end() {
	local leaks log

	leaks=$(splat_leaks)
	log=$(dmesg | splat_since)
	[ -z "$leaks" ] || printf '%s\n' "$leaks" | head -n 40
	! grep -E -m1 -A 30 "$SPLATS" <<<"$log" || return 1
	[ -z "$leaks" ]
}
