#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""judge.py NAME ARGUMENT...: one of test-bench's cases; prints what is wrong."""

import re
import sys

sys.dont_write_bytecode = True  # tests/bench is no place for __pycache__

import figures
from figures import Figures, read_counts, read_csv

FIGURES = figures.HERE / "figures"
README = figures.HERE / "README.md"
# Where memory is allocated or copied, its address decides on a few instructions.
JITTER = 0.01
ALLOCATES = r"forwarded|zerocopy6"
WELL_FORMED = r"linear|local|zerocopy|whole|forwarded"


def by_driver(path):
    """The driver's own instructions, by case: stock and patched."""
    cases = {}
    for count in read_counts(path):
        if count.path == "driver":
            cases.setdefault(count.case, {})[count.variant] = count
    return cases


def added(counts):
    return counts["patched"].instructions - counts["stock"].instructions


def agree(first, second):
    """Two boots count the same."""
    one, two = ([c for c in read_counts(path) if c.path != "call"]
                for path in (first, second))
    cases = len(figures.reference_cases("../../build/bench/quick"))
    if not len(one) == len(two) == 4 * cases:
        yield f"{len(one)} and {len(two)} counts of {cases} cases"
    for a, b in zip(one, two):
        jitters = a.copied or re.match(ALLOCATES, a.case)
        allowed = a.instructions * JITTER if jitters else 0
        if (a[:4] != b[:4] or a.copied != b.copied or
                abs(a.instructions - b.instructions) > allowed):
            yield f"{a} and {b}"


def at_most(path, most, pattern):
    """The patch adds no more than that to the driver, and copies nothing."""
    cases = {case: counts for case, counts in by_driver(path).items()
             if re.fullmatch(pattern, case)}
    if not cases:
        yield f"no case is called {pattern}"
    for case, counts in cases.items():
        if added(counts) > int(most) or counts["patched"].copied:
            yield f"{case}: {added(counts)} more, {counts['patched'].copied} copied"


def below_one_percent(path):
    """What the patch adds to the driver, of the system call that sends."""
    driver = by_driver(path)
    calls = [c for c in read_counts(path) if c.path == "call" and
             c.variant == "stock" and not c.case.startswith("cut")]
    if len(calls) < 6:
        yield f"only {len(calls)} system calls were counted"
    for call in calls:
        if added(driver[call.case]) * 100 >= call.instructions:
            yield f"{call.case}: {added(driver[call.case])} of {call.instructions}"


def cut_is_copied(path):
    """A cut frame is copied, by the patched driver only."""
    counts = [c for c in read_counts(path)
              if c.path != "call" and c.case == "cut-9015"]
    if {c.variant for c in counts} != {"stock", "patched"}:
        yield "cut-9015 was not counted"
    for c in counts:
        if (c.copied >= c.bytes) != (c.variant == "patched"):
            yield f"{c.variant} copies {c.copied} of {c.bytes} bytes"


def figures_add_as_much(path, kernel):
    """A kernel's point release changes the counts, but not what is added."""
    table = Figures(FIGURES / "driver.csv")
    cases = {case: counts for case, counts in by_driver(path).items()
             if re.match(WELL_FORMED, case)}
    if len(cases) < 6:
        yield f"only {len(cases)} cases were counted"
    for case, counts in cases.items():
        if added(counts) != table.added(kernel, case):
            yield (f"{case}: adds {added(counts)}, "
                   f"driver.csv says {table.added(kernel, case)}")


def ratios():
    """A ratio in a CSV file is that of its counts."""
    for name, frames in [("call", "cost"), ("cost", "cost"), ("driver", "cost"),
                         ("growth", "growth"), ("mitigation", "cost")]:
        whole = figures.reference_cases(f"frames-{frames}")
        table = Figures(FIGURES / f"{name}.csv")
        for (kernel, variant, case), row in table.rows.items():
            stock = table.count(kernel, "stock", whole[case])
            ratio = f"{table.count(kernel, variant, case) / stock:.3f}"
            if ratio != row["ratio_to_stock"]:
                yield f"{name}.csv: {kernel} {variant} {case}: not {ratio}"


def readme(name):
    """README has the table of the CSV files."""
    found = figures.marked(name).search(README.read_text())
    table = figures.TABLES[name](FIGURES)
    if not found or found[0] != found[1] + table + found[2]:
        yield f"README.md has no such table between the marks '{name}':"
        yield table


def plot():
    if figures.plot(FIGURES) != (FIGURES / "cost.svg").read_text():
        yield "cost.svg is not the plot of cost.csv"


def disassembly(listing, kernel):
    """disasm.py's listing has as many instructions as disasm.csv says."""
    with open(listing) as lines:
        pairs = re.findall(r"^(\d+) in (.*)\(\)$", lines.read(), re.M)
    found = {function: number for number, function in pairs}
    known = {row["function"]: row["instructions"]
             for row in read_csv(FIGURES / "disasm.csv")
             if (row["kernel"], row["compiler"]) == (kernel, "gcc")}
    if not found or found != known:
        yield f"disasm.csv has {known}, the driver {found}"


def main(name, *args):
    wrong = list(globals()[name](*args))
    print(*wrong, sep="\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
