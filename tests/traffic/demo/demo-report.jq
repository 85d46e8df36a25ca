# SPDX-License-Identifier: GPL-2.0
#
# Facts of the two runs in, {report, text, failures} out. Input: an object
# {kernel, runs: [{driver, rows, shapes, counters, device}]}, whose rows,
# shapes and counters are the guest's TSV lines; the experiments' names as
# arguments, and what is compared with stock as $cure.

def tsv: split("\n") | map(select(. != "") | split("\t"));
def number: tonumber? // 0;
def pad($n): tostring | . + (" " * ([$n - length, 0] | max));

def experiments: $ARGS.positional;
def sizes: [500, 1000, 2000, 3000, 4000, 4096, 5000, 8000];

def drivers: ["stock", $cure];

def lost: .received < .size;

def rows($kernel): [.runs[] | .driver as $driver | .rows | tsv[]
	| {kernel: $kernel, driver: $driver, experiment: .[0],
	   size: (.[1] | number), status: (.[2] | number),
	   received: (.[3] | number)}];

def shapes: [.runs[] | .driver as $driver | .shapes | tsv[]
	| {driver: $driver, experiment: .[0], len: (.[1] | number),
	   data_len: (.[2] | number), transport_offset: (.[3] | number),
	   frames: (.[4] | number)}];

def counters: [.runs[] | .driver as $driver | .counters | tsv[]
	| {driver: $driver, experiment: .[0], counter: .[1],
	   increase: (.[2] | number)}];

def drops: [.runs[] | .driver as $driver | .device.functions[]
	| .index as $function | .tx.drops | to_entries[]
	| {driver: $driver, function: $function, reason: .key,
	   frames: .value}];

# What the stock driver must lose, and nothing else may be lost.
def expected_lost: .driver == "stock" and .experiment != "sg off"
	and .size >= 4000;

def wrong_rows: .rows[] | select(lost != expected_lost)
	| "\(.driver), \(.experiment), size \(.size): received \(.received), expected \(
		if expected_lost then "it to be lost" else "all of it" end)";

def missing_rows: .rows as $rows
	| drivers[] as $driver
	| experiments[] as $experiment
	| sizes[] as $size
	| select(any($rows[]; .driver == $driver and .size == $size
		and .experiment == $experiment) | not)
	| "\($driver), \($experiment), size \($size): no result";

def missing_shape: select(any(.shapes[]; .driver == "stock"
		and .len == 5066 and .data_len == 5014
		and .transport_offset == 34) | not)
	| "the report's shape (len 5066, data_len 5014, transport offset 34) did not reach the stock driver";

def missing_drops: .drops as $drops
	| if any($drops[]; .driver == "stock" and .reason == "header_length"
		and .frames > 0) | not
	  then "the device counted no frame of the stock driver as dropped for its header_length"
	  else empty end,
	  ($drops[] | select(.driver != "stock" and .frames > 0)
	  | "the device dropped \(.frames) frames of the \(.driver) driver (\(.reason))");

# The model runs with --strict: but for cut headers no driver breaks a rule.
def broken_rules: .runs[] | .driver as $driver | .device.functions[]
	| select(.violations != .tx.drops.header_length or .guest_errors > 0)
	| "\($driver), function \(.index): \(.violations) rules broken, \(
		.tx.drops.header_length) cut headers, \(.guest_errors) guest errors";

def cell: if . == null then "-"
	else "\(.status) \(.received)" + (if lost then " LOST" else "" end) end
	| pad(11);

def table: .rows as $rows
	| "", "HTTP status and bytes received, of bodies of 500 to 8000 bytes",
	  ("        " + (experiments | map(pad(24)) | join(""))),
	  ("size    " + (experiments | map(drivers | map(pad(12)) | join(""))
		| join(""))),
	  (sizes[] as $size
	  | ($size | pad(8)) + ([experiments[] as $experiment
		| drivers[] as $driver
		| [$rows[] | select(.size == $size and .driver == $driver
			and .experiment == $experiment)][0] | cell]
		| join(" ")));

def shape_lines: "", "Largest shapes handed to the driver (net:net_dev_start_xmit), head = len - data_len",
	"driver   experiment    len   data_len  head  transport_offset  frames",
	(.shapes | group_by([.driver, .experiment])[] | sort_by(.len) | .[-4:][]
	| "\(.driver | pad(8)) \(.experiment | pad(13)) \(.len | pad(5)) \(
		.data_len | pad(9)) \(.len - .data_len | pad(5)) \(
		.transport_offset | pad(17)) \(.frames)");

def counter_lines: "", "What caught them: driver (ethtool -S) and device",
	(.counters | map(select(.increase > 0))
	| group_by([.driver, .experiment, .counter])[]
	| "\(.[0].driver | pad(8)) \(.[0].experiment | pad(13)) \(.[0].counter): \(
		map(.increase) | add)"),
	(.drops[] | select(.frames > 0)
	| "\(.driver | pad(8)) \("device" | pad(13)) function \(.function), dropped for \(.reason): \(.frames)");

.kernel as $kernel
| [broken_rules] as $broken
| {kernel: $kernel, rows: rows($kernel), shapes: shapes, counters: counters,
   drops: drops}
| {report: .,
   text: (["kernel \(.kernel)"] + [table, shape_lines, counter_lines]
	| map(sub(" +$"; "")) | join("\n")),
   failures: [missing_rows, wrong_rows, missing_shape, missing_drops,
	$broken[]]}
