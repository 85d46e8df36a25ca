# SPDX-License-Identifier: GPL-2.0
#
# gcov's JSON of several runs in, text out: lines and branches of the check.
# An inline function counts once, however often it was inlined.

# Lines of the driver's own file go by their distance from the function's first:
# what is above it changes with the kernel.

def ours: "^ena_(check_and_linearize_skb|tx_(l4_|header_|pull_))";
def place($file):
	.function_name as $name
	| if $name // "" | test(ours) then
		.line_number - ($file.functions[] | select(.name == $name)
			| .start_line) | "\($name)+\(.)"
	else empty end;

[.[].files[] | . as $file | .lines[] | . + {at: place($file)}]
| group_by(.at)
| map({at: .[0].at, line: .[0].line_number,
       count: (map(.count) | add),
       branches: (map(.branches | map(.count)) | transpose
		  | map(map(. // 0) | add))})
| sort_by(.line)
| . as $lines
| ($lines | map(select(.count == 0)) | map("not run: \(.at)")) as $missed
| ($lines | map(select(.count > 0) | .at as $at | .branches | to_entries[]
	| select(.value == 0) | "not run: \($at) branch \(.key)")) as $missed_branches
| if ($lines | length) == 0 then empty else
  "lines: \($lines | map(select(.count > 0)) | length) of \($lines | length)",
  "branches: \($lines | map(.branches[]) | map(select(. > 0)) | length) of \($lines | map(.branches[]) | length)",
  ($missed + $missed_branches)[]
  end
