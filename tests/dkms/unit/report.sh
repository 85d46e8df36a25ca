# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154	# see run-unit
# What "report" says of the host. Its judge: tests/selftests/test-report.

# is_driver KIND
is_driver() {
	inside_says 0 "$1" driver_kind && [[ $(<"$work/out") == "$1" ]]
}

test_report_knows_the_driver() {
	is_driver none &&
		running 11 && put sys/module/ena/taint E && is_driver stock &&
		put sys/module/ena/taint OE && is_driver unknown &&
		put sys/module/ena/version 2.17.0g && is_driver stock &&
		running 11 2026.11 && is_driver linearize &&
		running 11 2026.11+no-hint && is_driver no-hint
}

# The kernel's log and the firmware can say anything.
test_report_has_no_names() {
	put sys/class/dmi/id/product_name c5.metal
	put sys/module/ena/version 'v1; node7'
	kernel_log "ENA device version: 0.10 at 10.1.2.3" \
		"ENA controller version: 0.0.1 implementation version 1 node7"
	inside_says 0 'jq .placement == "host" and .product == "c5.metal" and
		.placement_known_by == "kernel log" and .driver.version == null and
		.device_says == ["ENA controller version: 0.0.1 implementation version 1",
			"ENA device version: 0.10"]' \
		'report_facts "host (kernel log)"' && ! grep -E 'node7|10\.1' "$work/out"
}

# report_does: what is on the input, with the program as "report".
report_does() {
	{
		cat <<-'END'
		import importlib.util, os, sys, tempfile
		folder, root = sys.argv[1:]
		sys.path.insert(0, folder)
		spec = importlib.util.spec_from_file_location("r", folder + "/__main__.py")
		report = importlib.util.module_from_spec(spec)
		spec.loader.exec_module(report)
		END
		cat
	} | python3 -B - "$OPERATOR/report" "$root"
}

# A user may put a link in the place of what is being written.
test_report_follows_no_link() {
	put victim root
	chmod 600 "$root/victim"
	report_does <<-'END' || return
	make = tempfile.NamedTemporaryFile

	def led(*args, **kwargs):
	    file = make(*args, **kwargs)
	    os.unlink(file.name)
	    os.symlink(root + "/victim", file.name)
	    return file
	tempfile.NamedTemporaryFile = led
	report.write_file(root + "/report", {"runs": []})
	END
	[[ $(<"$root/victim") == root && $(stat -c %a "$root/victim") == 600 ]]
}

test_report_is_escaped() {
	report_does >"$work/out" 2>"$work/err" <<-'END'
	report.say("the peer: ev\x1b[2Jil\x9b")
	report.show("wrote ev\udc9bil")
	END
	says "report: the peer: ev?[2Jil?" && says "wrote ev?il"
}
