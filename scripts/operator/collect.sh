# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# One file for a bug report: only lines and words that are known to be harmless.
# All else is left out, or is "<...>".

# The kernel's command line may hold keys and passwords.
readonly HARMLESS_OPTION='^(ro|rw|quiet|nomodeset|lockdown=[a-z]+|module\.sig_enforce(=[01])?|(module_blacklist|modprobe\.blacklist)=[a-z0-9_,]+|pci=[a-z0-9,]+|(intel_|amd_)?iommu(\.[a-z]+)?=[a-z0-9,]+|swiotlb=[a-z0-9,]+)$'
# The driver's messages, and the kernel's about it.
readonly HARMLESS_LOG='ena( [0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])?: (LLQ is not supported|ENA (device|controller) version|Elastic Network Adapter|Device reset|Trigger reset|Reset|reset|Link is|link is|Found a Tx|Keep alive|Missing|Unable|Failed|failed|Cannot|cannot|Invalid|invalid|Number of|Set up|Trying|The number|TX|RX|module verification failed|loading out-of-tree module)[]A-Za-z0-9 ,.()\[%_-]*$'
# An interface's name may be the operator's own, or hold its MAC address.
readonly HARMLESS_NAME='eth[0-9]+|en[ops][0-9]+([a-z]{1,2}[0-9]+)*'
readonly HARMLESS_PATH='^/(tmp$|var/lib$|usr/src$|lib/modules|boot|var/lib/dkms|var/lib/ena-tx-header|etc/ena-tx-header.conf|usr/src/(linux|ena-tx-header)-)[A-Za-z0-9._+/~-]*$'

# lines REGEX CMD...: what CMD prints in that form.
lines() {
	local regex=$1

	shift
	heading "$@"
	"$@" 2>&1 | grep -E -- "$regex" || true
}

# words CMD...: of what CMD prints, the words that are harmless.
words() {
	heading "$@"
	{ "$@" 2>&1 || true; } | harmless
}

heading() {
	printf '\n== '
	echo "$*" | harmless
}

# Of its input words, small numbers, paths below well-known folders, and the caller's
# "known": what this host's kernels, interfaces and modules are called.
harmless() {
	awk -v known="$known" -v path="$HARMLESS_PATH" '
		BEGIN { n = split(known, w, "\n"); for (i = 1; i <= n; i++) k[w[i]] }
		function harmless(s) {
			gsub(/^[("\047`<]+|[)"\047`,;:.>?!]+$/, "", s)
			return s ~ /^[A-Za-z-]?[a-z-]?[a-z-]*(\047s)?$/ ||
				s ~ /^[A-Z]+$/ && length(s) < 10 || s in k ||
				s ~ /^[0-9]+$/ && length(s) < 10 ||
				s ~ path && s !~ /\.\./
		}
		{
			match($0, /^ */)
			line = substr($0, 1, RLENGTH)
			for (i = 1; i <= NF; i++)
				line = line (i > 1 ? " " : "") \
					(length($i) < 120 && harmless($i) ? $i : "<...>")
			print line
		}'
}

known_words() {
	local function kernel

	kernels
	for function in $(ena_functions); do
		echo "$function"
		netdev_of "$function" | grep -xE "$HARMLESS_NAME" || true
	done
	for kernel in $(kernels); do
		module_id "$(module_of "$ROOT" "$kernel")" | cut -c1-12
	done
	running_id | cut -c1-12
	printf '%s\n' "$VERSION" "$MARKER" "$NAME" "$NAME/$VERSION" "$NAME/$MARKER" \
		5.10 6.1 7.3 x86_64 aarch64 amd64 arm64 KEEP_STOCK ENA_SRC MiB -S
}

cmdline() {
	tr ' ' '\n' <"$ROOT/proc/cmdline"
}

interface_facts() {
	local function net

	for function in $(ena_functions); do
		net=$(netdev_of "$function")
		words placement "$function"
		[[ $net ]] || continue
		lines '^(driver|version|firmware-version|bus-info): [A-Za-z0-9.:+~-]{0,40}$' \
			nic -i "$net"
		lines '^[[:space:]]*[a-z0-9-]+: (on|off)( \[[a-z ]+\])?$' nic -k "$net"
		lines '^[A-Z][A-Za-z -]+:[[:space:]]*([0-9]+|on|off|n/a)$' nic -g "$net"
		lines '^ *[a-z0-9_]+: [0-9]+$' nic -S "$net"
	done
}

# The last lines that tell why a build, an installation or a swap failed.
make_logs() {
	local log word='[A-Za-z0-9_]{1,30}'

	for log in "$DKMS"/*/build/make.log "$DKMS"/*/*/*/log/make.log; do
		[[ ! -e $log ]] || lines \
			"^([^:= ]*/)?$word\.[ch]:[0-9]+(:[0-9]+)?: (fatal )?(error|warning): [a-z ‘’'_0-9()*,;.-]*\$|^make.*: \*\*\* .* Error [0-9]+\$" \
			basenames "$log"
	done
	lines '^\+ dkms [a-z]+( -[-a-z]+| [A-Za-z0-9._+~-]{1,60})*$|^Error! [A-Za-z0-9 .,:()_+~-]*$' \
		cat "$STATE/log"
	lines '^[0-9:]{8} (ready|swapping|swapped|confirmed|reverted|failed|going back|insmod hangs|rmmod hangs)' \
		sed -E 's/^([0-9:]{8} (ready|swapping|swapped|confirmed|reverted|failed|going back)).*/\1/' \
		"$LIVE_DIR/log"
}

# Without folders: they may be in a user's home.
basenames() {
	tail -n 400 "$1" | sed -E 's,(^|[[:space:]:])/[^[:space:]:]*/,\1,g; s,\[[^]]*/,[,g'
}

report() {
	local known

	known=$(known_words)
	echo "ena-tx-header $VERSION, $(date -u +%FT%TZ)"
	lines '^[A-Za-z]+ [0-9][A-Za-z0-9.+~-]* #?[A-Za-z0-9 .,:()#+~_-]*$' uname -srvm
	lines '^"?[A-Za-z0-9 ./()+-]{1,60}"?$' \
		sed -n 's/^PRETTY_NAME=//p' "$ROOT/etc/os-release"
	lines "$HARMLESS_OPTION" cmdline
	JSON='' words cmd_check
	JSON='' words status_facts
	JSON='' words cmd_preflight_reboot
	lines '^dkms-[0-9.]+$' dkms --version
	lines '^(ena|ena-tx-header|amzn-drivers)[/,][A-Za-z0-9/., :+_~()-]*$' dkms status
	lines '^(filename|version|srcversion|vermagic|ena_tx_header): +[A-Za-z0-9./ +_~-]*$' \
		modinfo "$(module_of "$ROOT" "$(running_kernel)")"
	interface_facts
	lines '.' driver_log
	make_logs
}

# A compiler's words are those of the source.
status_facts() {
	cmd_status | sed 's/\(the build failed\): .*/\1/'
}

driver_log() {
	kernel_log | sed -E 's/(ena [0-9a-f:.]{12}) [^ :]*: /\1: /' |
		grep -oE "(^|[] ])$HARMLESS_LOG" | tail -n 200
}

cmd_collect() {
	local file=${1:-ena-tx-header-report.txt} text

	needs_this_host
	if [[ $DRY_RUN ]]; then
		say "would write $file"
	elif text=$(report | printable) &&
		(umask 077 && put_file "$file" "$text"); then
		say "wrote $file; read it before you send it"
	else
		die "$E_WRITE" "cannot write $file"
	fi
	answer file "$file"
}
