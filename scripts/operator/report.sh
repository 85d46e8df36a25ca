# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153,SC2154
# The hardware report: what is lost here, with a peer that is reached by ssh.

# driver_kind: whose the running module is, by which it is known what it tells the
# device.
driver_kind() {
	local marker module=$ROOT/sys/module/ena

	marker=$(running_marker)
	if [[ $marker == *+* ]]; then
		echo "${marker#*+}"
	elif runs_fixed; then
		echo linearize
	elif [[ ! -d $module ]]; then
		echo none
	elif [[ $(cat "$module/taint" 2>/dev/null) != *O* ||
		$(cat "$module/version" 2>/dev/null) =~ ^2\.[0-9]+\.[0-9]+g$ ]]; then
		echo stock
	else
		echo unknown
	fi
}

# word_in FILE: a version or an instance type.
word_in() {
	grep -xE '[A-Za-z0-9][A-Za-z0-9 .,()+_-]{0,50}' "$1" 2>/dev/null || true
}

# report_facts PLACEMENT: JSON without an address or a name.
report_facts() {
	local module=$ROOT/sys/module/ena driver device

	driver=$(json_object kind "$(driver_kind)" marker? "$(running_marker)" \
		version? "$(word_in "$module/version")" \
		srcversion? "$(word_in "$module/srcversion")")
	device=$(kernel_log | grep -oE 'ENA (device|controller) version: [0-9.]+( implementation version [0-9]+)?' |
		sort -u) || true
	json_object tool "$VERSION" kernel "$(running_kernel)" arch "$(uname -m)" \
		product? "$(word_in "$ROOT/sys/class/dmi/id/product_name")" \
		placement "${1%% *}" placement_known_by "$(tr -d '()' <<<"${1#* }")" \
		driver= "$driver" device_says= "$(json_strings <<<"$device")"
}

# The lock is held until all is undone.
cmd_report() {
	local file=${1:-ena-tx-header-hardware.json} net where pci tool

	needs_this_host
	[[ $PEER ]] || usage_die "report needs --peer [USER@]HOST, reached by ssh"
	for tool in python3 ethtool ssh; do
		have "$tool" || die "$E_FAIL" "there is no $tool, which report needs:" \
			"install it"
	done
	net=$(verify_interface)
	pci=$(basename "$(readlink -f "/sys/class/net/$net/device")")
	where=$(placement "$pci")
	[[ $where != llq* ]] || die "$E_FAIL" "$net uses LLQ ($where): nothing is" \
		"lost there; the report is for hosts without LLQ"
	private_run
	exec 8>>"$RUN/report.lock"
	flock -n 8 || die "$E_LOCK" "another $NAME report is at work on this host," \
		"or still undoing its changes; nothing was changed"
	exec python3 -B "${self%/*}/operator/report" --interface "$net" --peer "$PEER" \
		--bpf "$(tx_bpf)" --facts "$(report_facts "$where")" -- "$file"
}
