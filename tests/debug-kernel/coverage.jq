# SPDX-License-Identifier: GPL-2.0
#
# gcov's JSON of several runs in, text out: lines and branches of the check that
# did not run, by their function and text, since their numbers change with the
# kernel. $source is the driver's file. An inline function counts once.

def ours: "^ena_(check_and_linearize_skb|tx_(l4_|header_|pull_))";
def text: ($source | split("\n"))[. - 1] | gsub("^\\s+|\\s+$"; "");
def at: "\(.name): \(.line | text)";

[.[].files[] | select(.file | endswith("ena_netdev.c")) | .lines[]
	| select(.function_name // "" | test(ours))]
| group_by(.line_number)
| map({name: .[0].function_name, line: .[0].line_number,
       count: (map(.count) | add),
       branches: (map(.branches | map(.count)) | transpose
		  | map(map(. // 0) | add))}
      | .run = (.branches | map(select(. > 0)) | length))
| . as $lines
| if ($lines | length) == 0 then empty else
  "lines: \($lines | map(select(.count > 0)) | length) of \($lines | length)",
  "branches: \($lines | map(.run) | add) of \($lines | map(.branches | length) | add)",
  ($lines[] | if .count == 0 then "not run: \(at)"
	elif .run < (.branches | length) then
		"not run: \(at) (\(.run) of \(.branches | length) branches)"
	else empty end)
  end
