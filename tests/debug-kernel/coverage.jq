# SPDX-License-Identifier: GPL-2.0
#
# gcov's JSON of several runs in, text out: lines and branches of the check.
# An inline function counts once, however often it was inlined.

def ours($path):
	($path | endswith("ena_tx_header.h")) or
	(.function_name == "ena_check_and_linearize_skb");

[.[].files[] | (.file | split("/") | last) as $name | .file as $path
	| .lines[] | select(ours($path)) | . + {name: $name}]
| group_by([.name, .line_number])
| map({at: "\(.[0].name):\(.[0].line_number)",
       count: (map(.count) | add),
       branches: (map(.branches | map(.count)) | transpose
		  | map(map(. // 0) | add))})
| . as $lines
| ($lines | map(select(.count == 0)) | map("not run: \(.at)")) as $missed
| ($lines | map(select(.count > 0) | .at as $at | .branches | to_entries[]
	| select(.value == 0) | "not run: \($at) branch \(.key)")) as $missed_branches
| if ($lines | length) == 0 then empty else
  "lines: \($lines | map(select(.count > 0)) | length) of \($lines | length)",
  "branches: \($lines | map(.branches[]) | map(select(. > 0)) | length) of \($lines | map(.branches[]) | length)",
  ($missed + $missed_branches)[]
  end
