# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# TAP, one line a case; the output of a failing case follows as comments.

tap_number=0
tap_failed=0

tap_plan() {
	echo "TAP version 13"
	echo "1..$1"
}

tap_note() {
	echo "# $*"
}

# tap_result STATUS NAME
tap_result() {
	tap_number=$((tap_number + 1))
	if (($1 == 0)); then
		echo "ok $tap_number - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_number - $2"
	fi
}

# tap_case NAME CMD...: CMD runs without set -e.
tap_case() {
	local name=$1 status=0 log

	shift
	log=$("$@" 2>&1) || status=$?
	((status == 0)) || [[ ! $log ]] ||
		printf '# %s\n' "${log//$'\n'/$'\n'# }"
	tap_result "$status" "$name"
}

tap_finish() {
	((tap_failed == 0)) || echo "# $tap_failed of $tap_number failed"
	((tap_failed == 0))
}

# tap_run [--list | FUNCTION...] <TABLE: runs the cases of the table, "FUNCTION
# TITLE" a line, or only those named.
tap_run() {
	local line table chosen=()

	mapfile -t table
	[[ ${1-} != --list ]] || { printf '%s\n' "${table[@]%% *}"; return; }
	for line in "${table[@]}"; do
		(($#)) && [[ " $* " != *" ${line%% *} "* ]] || chosen+=("$line")
	done
	tap_plan "${#chosen[@]}"
	for line in "${chosen[@]}"; do
		tap_case "${line#* }" "${line%% *}"
	done
	tap_finish
}
