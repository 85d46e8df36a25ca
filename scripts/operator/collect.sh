# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# One file for a bug report: only what is named here, without secrets. Addresses
# and the host's name are replaced; on EC2 the name contains the address.

readonly CMDLINE_KEYS='^(ro|quiet|nomodeset|lockdown=.*|module\..*|module_blacklist=.*|modprobe\.blacklist=.*|pci=.*|iommu=.*|intel_iommu=.*|swiotlb=.*)$'

redact() {
	local host

	host=$(uname -n)
	host=${host%%.*}
	sed -E -e 's/\b([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b/<mac>/g' \
		-e 's/\b([0-9]{1,3}\.){3}[0-9]{1,3}\b/<ipv4>/g' \
		-e 's/\bip-([0-9]{1,3}-){3}[0-9]{1,3}\b/<host>/g' \
		-e 's/\b([0-9a-fA-F]{1,4}:){2,7}(:?[0-9a-fA-F]{1,4})*\b/<ipv6>/g' \
		-e 's/\b[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:?)*/<ipv6>/g' \
		-e 's/\bi-[0-9a-f]{8,17}\b/<instance>/g' \
		-e "s/\\b${host//[^a-zA-Z0-9-]/.}\\b(\\.[a-z0-9.-]+)?/<host>/g"
}

section() {
	printf '\n== %s\n' "$*"
	"$@" 2>&1 || true
}

# The kernel's command line may hold keys and passwords: only known words.
cmdline() {
	tr ' ' '\n' <"$ROOT/proc/cmdline" | grep -E "$CMDLINE_KEYS" || true
}

interface_facts() {
	local function net

	for function in $(ena_functions); do
		net=$(netdev_of "$function")
		section placement "$function"
		[[ $net ]] || continue
		section ethtool -i "$net"
		section ethtool -k "$net"
		section ethtool -g "$net"
		section ethtool -S "$net"
	done
}

logs() {
	kernel_log | grep -E '\bena\b|module verification|Loading of' |
		tail -n 200
}

make_logs() {
	local log

	for log in "$ROOT/var/lib/dkms/$NAME"/*/build/make.log \
		"$ROOT/var/lib/dkms/$NAME"/*/*/*/log/make.log "$STATE/log" \
		"$LIVE_DIR/log"; do
		[[ ! -e $log ]] || section tail -n 60 "$log"
	done
}

report() {
	echo "ena-tx-header $VERSION, $(date -u +%FT%TZ)"
	section uname -srvm
	section sed -n 's/^PRETTY_NAME=//p' "$ROOT/etc/os-release"
	section cmdline
	JSON='' section cmd_check
	JSON='' section cmd_status
	JSON='' section cmd_preflight_reboot
	section dkms --version
	section dkms status
	section modinfo "$(module_of "$ROOT" "$(running_kernel)")"
	interface_facts
	section logs
	make_logs
}

cmd_collect() {
	local file=${1:-ena-tx-header-report.txt}

	needs_this_host
	if [[ $DRY_RUN ]]; then
		say "would write $file"
	elif (umask 077 && report | redact >"$file.new") && mv "$file.new" "$file"; then
		say "wrote $file; read it before you send it"
	else
		die "$E_WRITE" "cannot write $file"
	fi
	answer file "$file"
}
