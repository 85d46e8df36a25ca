#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The instructions that the check adds to ena_start_xmit(), as compiled.

disasm.py OBJECT SOURCE: each of them behind the line it comes from, and how many
there are in the functions they call. OBJECT has debug information; SOURCE is the
ena_netdev.c that it was made from.
"""

import re
import subprocess
import sys

INSTRUCTION = re.compile(r" +([0-9a-f]+):\t(.*)")


def call_site(path):
    """The lines of the if statement that asks ena_tx_header_split()."""
    with open(path) as source:
        for number, line in enumerate(source, 1):
            if line.startswith("\tif ("):
                first = number
            if "ena_tx_header_split(" in line:
                return range(first, number + 1)
    sys.exit(f"disasm.py: {path} does not ask ena_tx_header_split()")


def output(*command):
    return subprocess.check_output(command, text=True)


def instructions(path, function):
    """Pairs of the address and the text."""
    return INSTRUCTION.findall(output(
        "objdump", "-d", "--no-show-raw-insn", f"--disassemble={function}", path))


def places(path, addresses):
    """Of each address a list of (FILE, LINE), innermost first."""
    text = output("addr2line", "-aise", path, "-j", ".text", *addresses)
    return [re.findall(r"^(\S+):(\d+)", lines, re.M)
            for lines in re.split(r"^0x.*\n", text, flags=re.M)[1:]]


def of_check(where, site):
    """The innermost place that is of the check, as FILE:LINE."""
    return next((f"{name}:{line}" for name, line in where
                 if name == "ena_tx_header.h" or
                 name == "ena_netdev.c" and int(line) in site), None)


def main(path, source):
    site = call_site(source)
    code = instructions(path, "ena_start_xmit")
    where = places(path, [address for address, _ in code])
    ours = [(of_check(w, site), text) for w, (_, text) in zip(where, code)]
    lines = [f"{place:<22} {text}" for place, text in ours if place]
    print("\n".join(lines))
    print(f"{len(lines)} in ena_start_xmit()")
    called = re.findall(r"call .*<(ena_tx_[\w.]+)>", "\n".join(lines))
    for function in sorted(set(called)):
        print(f"{len(instructions(path, function))} in {function}()")


if __name__ == "__main__":
    main(*sys.argv[1:])
