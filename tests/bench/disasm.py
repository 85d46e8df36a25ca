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

FUNCTION = re.compile(r"(static .*)?ena_tx_(l4_|head)\w*\(")
INSTRUCTION = re.compile(r" +([0-9a-f]+):\t(.*)")


def check_lines(path):
    """The lines of the check's functions, and of the if statement that asks it."""
    lines, first, inside, asked = set(), 0, False, False
    with open(path) as source:
        for number, line in enumerate(source, 1):
            inside = inside or bool(FUNCTION.match(line))
            if inside:
                lines.add(number)
                inside = line != "}\n"
            elif line.startswith("\tif ("):
                first = number
            elif "ena_tx_header_split(" in line:
                asked = True
                lines |= set(range(first, number + 1))
    return lines if asked else sys.exit(f"disasm.py: {path} has no check")


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


def of_check(where, ours):
    """The innermost place that is of the check, as FILE:LINE."""
    return next((f"{name}:{line}" for name, line in where
                 if name == "ena_netdev.c" and int(line) in ours), None)


def main(path, source):
    lines = check_lines(source)
    code = instructions(path, "ena_start_xmit")
    where = places(path, [address for address, _ in code])
    ours = [(of_check(w, lines), text) for w, (_, text) in zip(where, code)]
    found = [f"{place:<22} {text}" for place, text in ours if place]
    print("\n".join(found))
    print(f"{len(found)} in ena_start_xmit()")
    called = re.findall(r"call .*<(ena_tx_[\w.]+)>", "\n".join(found))
    for function in sorted(set(called)):
        print(f"{len(instructions(path, function))} in {function}()")


if __name__ == "__main__":
    main(*sys.argv[1:])
