#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# disasm OBJECT SOURCE: the instructions that the check adds to ena_start_xmit(),
# each behind the line it comes from, and how many there are in the functions
# that they call. OBJECT has debug information; SOURCE is the ena_netdev.c it was
# made from.
set -euo pipefail

# Where SOURCE asks ena_tx_header_split(): "FIRST LAST".
call_site() {
	awk '/^\tif \(/ { start = NR }
		/ena_tx_header_split\(/ { print start, NR; exit }' "$1"
}

inline() { # OBJECT FIRST LAST
	objdump -dl --inlines --no-show-raw-insn \
		--disassemble=ena_start_xmit "$1" |
		awk -v first="$2" -v last="$3" '
		function name(path) {
			sub(/ \(.*/, "", path)
			sub(/.*\//, "", path)
			return path
		}
		function ours(place, f) {
			split(place, f, ":")
			return f[1] == "ena_tx_header.h" || (f[2] >= first &&
				f[1] == "ena_netdev.c" && f[2] <= last)
		}
		/^ +[0-9a-f]+:\t/ {
			if (said)
				place = found
			if (place != "") {
				sub(/^[^\t]*\t/, "")
				printf "%-22s %s\n", place, $0
			}
			said = 0
			found = ""
			next
		}
		# An unchanged first line is left out, what it is inlined by is
		# not.
		/\.[ch]:[0-9]+/ {
			inlined = /^inlined by/
			if (!said && inlined && ours(innermost))
				found = innermost
			if (!inlined)
				innermost = name($0)
			if (found == "" && ours(name($0)))
				found = name($0)
			said = 1
		}'
}

instructions() { # OBJECT FUNCTION
	objdump -d --no-show-raw-insn --disassemble="$2" "$1" |
		grep -cE '^ +[0-9a-f]+:' || true
}

read -r first last < <(call_site "$2")
lines=$(inline "$1" "$first" "$last")
echo "$lines"
echo "$(wc -l <<<"$lines") instructions in ena_start_xmit()"
sed -nE 's/.*call .*<(ena_tx_[a-z0-9_]+)>.*/\1/p' <<<"$lines" | sort -u |
	while read -r function; do
		echo "$(instructions "$1" "$function") in $function()"
	done
