#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The CSV files, README tables and plot of tests/bench.

figures.py write DIR KERNEL...   CSV files from the counts in DIR
figures.py mitigation DIR KERNEL...
                              mitigation.csv from the counts in DIR
figures.py table NAME DIR        a README table from the CSV files in DIR
figures.py update README DIR     put all tables between their marks in README
figures.py plot DIR              the plot of DIR/cost.csv, as SVG
"""

import collections
import csv
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
VARIANTS = ["stock", "patched", "pull-header", "no-hint", "sg-off", "tc-bpf"]
HEADER = ["kernel", "variant", "case", "bytes", "instructions_per_packet",
          "ratio_to_stock"]
# The largest slab object; a larger kmalloc() is a page allocation, logged as both.
SLAB_MAX = 8192
# A transfer that got less than this many bytes through is lost.
LOST_BYTES = 1000000

Count = collections.namedtuple(
    "Count", "path variant case bytes instructions copied low high")
Alloc = collections.namedtuple("Alloc", "variant case event size number frames")


def parse(line):
    """A Count or an Alloc from a line of count-guest."""
    kind, *f = line.split()
    f = [int(word) if word.isdigit() else word for word in f]
    if kind == "alloc":
        return Alloc(*f)
    path, variant, case, size, frames, copied, *costs = f
    costs = sorted((cost + frames // 2) // frames for cost in costs)
    n = len(costs)
    low, high = (n // 4, n * 3 // 4) if path == "call" else (0, -1)
    return Count(path, variant, case, size, costs[n // 2], copied,
                 costs[low], costs[high])


def read_counts(path):
    with open(path) as lines:
        return [parse(line) for line in lines]


def read_csv(path):
    with open(path, newline="") as lines:
        return list(csv.DictReader(lines))


def write_csv(path, header, rows):
    with open(path, "w", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([header, *rows])


def reference_cases(frames):
    """Each case's well-formed frame of the same length."""
    lines = (HERE / frames).read_text().splitlines()
    return dict(line.split()[:2] for line in lines if line[0] != "#")


# From counts to CSV files


def ratio_rows(kernel, lines, path, frames):
    whole = reference_cases(frames)
    counts = [c for c in lines if isinstance(c, Count) and c.path == path]
    stock = {c.case: c.instructions for c in counts if c.variant == "stock"}
    for c in counts:
        ratio = c.instructions / stock[whole[c.case]]
        quartiles = [c.low, c.high] if path == "call" else []
        yield [kernel, c.variant, c.case, c.bytes, c.instructions,
               f"{ratio:.3f}", *quartiles]


def copied_rows(kernel, lines):
    return ([kernel, c.variant, c.case, c.bytes, c.copied] for c in lines
            if isinstance(c, Count) and c.path == "stack")


def allocation_rows(kernel, lines):
    for a in lines:
        if not isinstance(a, Alloc):
            continue
        if a.event != "kmalloc" or a.size <= SLAB_MAX:
            yield [kernel, a.variant, a.case, a.event, a.size,
                   f"{a.number / a.frames:.2f}"]


def write_figures(out, kernels):
    rows = collections.defaultdict(list)
    for kernel in kernels:
        lines = read_counts(out / f"{kernel}.tsv")
        growth = read_counts(out / f"{kernel}-growth.tsv")
        for name, path in ("call", "call"), ("cost", "stack"), ("driver", "driver"):
            rows[name] += ratio_rows(kernel, lines, path, "frames-cost")
        rows["growth"] += ratio_rows(kernel, growth, "stack", "frames-growth")
        rows["copied"] += copied_rows(kernel, lines)
        rows["allocations"] += allocation_rows(kernel, lines)
    headers = {
        "call": HEADER + ["lower_quartile", "upper_quartile"],
        "copied": HEADER[:4] + ["bytes_copied"],
        "allocations": HEADER[:3] + ["event", "size_or_order", "per_frame"],
    }
    for name in rows:
        write_csv(out / f"{name}.csv", headers.get(name, HEADER), rows[name])
    (out / "cost.svg").write_text(plot(out))


def write_mitigation(out, kernels):
    rows = [row for kernel in kernels for row in ratio_rows(
        kernel, read_counts(out / f"{kernel}-mitigation.tsv"), "stack", "frames-cost")]
    write_csv(out / "mitigation.csv", HEADER, rows)


# From CSV files to README's tables


class Figures:
    """A CSV file of counts: its kernels, its cases, and its cells."""

    def __init__(self, path):
        rows = read_csv(path)
        self.kernels = list(dict.fromkeys(row["kernel"] for row in rows))
        self.cases = list(dict.fromkeys(row["case"] for row in rows))
        self.rows = {(r["kernel"], r["variant"], r["case"]): r for r in rows}

    def count(self, *key):
        return int(self.rows[key]["instructions_per_packet"])

    def ratio(self, *key):
        return self.rows[key]["ratio_to_stock"]

    def added(self, kernel, case):
        """Instructions that the patch adds."""
        return (self.count(kernel, "patched", case) -
                self.count(kernel, "stock", case))


def markdown(header, texts, rows):
    """A table whose first columns, as many as texts, are text."""
    rule = "|---" * texts + "|--:" * (len(header) - texts) + "|\n"
    lines = ["| " + " | ".join(map(str, row)) + " |\n" for row in [header, *rows]]
    return lines[0] + rule + "".join(lines[1:])


def percent(ratio):
    return f"{(float(ratio) - 1) * 100:+.1f}"


COST_ROWS = [
    ("linear-64", "in one piece, from a microVM"),
    ("forwarded-1514", "TCP forwarded as a GSO packet"),
    ("forwarded-9015", "TCP forwarded as a GSO packet"),
    ("local-9015", "the host's own TCP by IPv4"),
    ("local6-9015", "the host's own TCP by IPv6"),
    ("zerocopy-9015", "the host's own UDP, zerocopy"),
    ("whole-9015", "from a microVM, header whole"),
    ("cut-4066", "from a microVM, header **cut**"),
    ("cut-5066", "from a microVM, header **cut**"),
    ("cut-9015", "from a microVM, header **cut**"),
]


def costs(figures):
    """What the check adds, and what a system call costs; 6.12 / 7.3."""
    call, cost, driver = (Figures(figures / f"{name}.csv")
                          for name in ("call", "cost", "driver"))

    def pair(cell):
        return " / ".join(cell(kernel) for kernel in call.kernels)

    def more(table, variant, case):
        return pair(lambda k: percent(table.ratio(k, variant, case))) + " %"

    def row(case, name):
        cut = case.startswith("cut")
        return [
            name, case.split("-")[1],
            "lost" if cut else pair(lambda k: str(call.count(k, "stock", case))),
            "copies" if cut else pair(lambda k: f"+{driver.added(k, case)}"),
            more(call, "patched", case), more(cost, "patched", case),
            more(call, "pull-header", case), more(call, "sg-off", case),
        ]

    return markdown(
        ["frame", "bytes", "stock", "the check", "patched",
         "from `dev_queue_xmit()`", "pull-header", "`sg off`"], 1, [row(*r) for r in COST_ROWS])


GROWTH_SIZES = ["4066", "5066", "6066", "7066", "8066", "9015", "9015-1",
                "9015-3", "9015-9", "9015-15"]


def growth(figures):
    """Whole frames by the stock driver beside cut ones by the others."""
    table = Figures(figures / "growth.csv")
    rows = [[kernel, f"{variant}, {head}",
             *(table.count(kernel, variant, f"{head}-{size}")
               for size in GROWTH_SIZES)]
            for kernel in table.kernels
            for variant, head in [("stock", "whole"), ("patched", "cut"),
                                  ("pull-header", "cut")]]
    sizes = [size.replace("-", " in ") for size in GROWTH_SIZES]
    return markdown(["kernel", "driver, head", *sizes], 2, rows)


MITIGATION_ROWS = [
    ("linear-64", "in one piece, from a microVM"),
    ("local-9015", "the host's own TCP by IPv4"),
    ("local6-9015", "the host's own TCP by IPv6"),
    ("whole-5066", "from a microVM, header whole"),
    ("whole-9015", "from a microVM, header whole"),
    ("cut-5066", "from a microVM, header **cut**"),
    ("cut-9015", "from a microVM, header **cut**"),
]


def mitigation(figures):
    """What each adds to the stock driver, from dev_queue_xmit() on."""
    table = Figures(figures / "mitigation.csv")

    def cell(case, variant):
        return " / ".join(
            f"+{table.count(k, variant, case) - table.count(k, 'stock', case)}"
            for k in table.kernels)

    def row(case, name):
        stock = " / ".join(str(table.count(k, "stock", case)) for k in table.kernels)
        return [name, case.split("-")[1], stock,
                *(cell(case, v) for v in ("mitigated", "pedit", "watched"))]

    return markdown(["frame", "bytes", "stock", "`mitigate`", "its lines for tc",
                     "`watch`"], 1, [row(*r) for r in MITIGATION_ROWS])


def middle_and_best(values):
    """The lower median, and the best."""
    values = sorted(values)
    return values[(len(values) - 1) // 2], values[-1]


def goodput(figures):
    """The median round, and the best, relative to stock, or to sg-off for the
    microVM, whose frames stock loses."""
    rates = collections.defaultdict(list)
    for r in read_csv(figures / "goodput.csv"):
        lost = int(r["bytes"]) < LOST_BYTES
        row = r["kernel"], r["sender"], r["tool"]
        rates[row, r["variant"]].append(0 if lost else int(r["bytes_per_second"]))

    def cell(row, variant):
        base = rates[row, "sg-off" if row[1] == "microvm" else "stock"]
        middle, best = middle_and_best(rates[row, variant])
        if not best:
            return "lost"
        of_middle, of_best = middle_and_best(base)
        return f"{middle / of_middle:.2f} ({best / of_best:.2f})"

    rows = dict.fromkeys(row for row, _ in rates)
    variants = [v for v in VARIANTS if v != "tc-bpf"]
    return markdown(["kernel", "sender", "tool", *variants], 3,
                    [[*row, *(cell(row, v) for v in variants)] for row in rows])


def scarce(figures):
    """What is lost where no large blocks are free."""
    return markdown(
        ["free memory", "copies that failed", "received of 4 MB"], 1,
        [[r["free"], f"{r['failed']} of {r['linearized']}",
          f"{int(r['bytes']) / 1e6:.1f} MB"] for r in read_csv(figures / "scarce.csv")])


TABLES = {f.__name__: f for f in (costs, growth, mitigation, goodput, scarce)}


def marked(name):
    return re.compile(rf"(<!-- {name} -->\n\n).*?(\n<!-- /{name} -->)", re.S)


def update(readme, figures):
    text = readme.read_text()
    for name, table in TABLES.items():
        text, found = marked(name).subn(
            lambda m, t=table(figures): m[1] + t + m[2], text)
        if not found:
            sys.exit(f"figures.py: {readme}: no marks for '{name}'")
    readme.write_text(text)


# The plot

SCALE, LEFT, WIDTH, TOP = 34, 120, 330, 66
COLOURS = ["#777777", "#1b6ca8", "#58a4d6", "#a3cbe6", "#d1495b", "#edae49"]
GROUP = len(VARIANTS) * 7 + 8
TITLE = ("Instructions per frame from dev_queue_xmit() on, relative to stock on a "
         "well-formed frame of that length")


def svg_text(x, y, anchor, text):
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>'


def svg_bar(x, y, width, colour, title):
    return (f'<rect x="{x}" y="{y}" width="{width:.1f}" height="7" '
            f'fill="{colour}"><title>{title}</title></rect>')


def svg_panel(table, kernel, x):
    yield svg_text(x, TOP - 8, "start", f"Linux {kernel}")
    for c, case in enumerate(table.cases):
        for v, variant in enumerate(VARIANTS):
            ratio = table.ratio(kernel, variant, case)
            yield svg_bar(x, TOP + c * GROUP + v * 7, float(ratio) * SCALE,
                          COLOURS[v], f"{variant} {case}: {ratio}")
    bottom = TOP + len(table.cases) * GROUP
    for ratio in 1, 2, 4, 6, 8:
        dashes = "3" if ratio == 1 else "1 5"
        at = x + ratio * SCALE
        yield (f'<path d="M{at} {TOP}V{bottom - 6}" stroke="#888" '
               f'stroke-dasharray="{dashes}"/>')
        yield svg_text(at, bottom + 6, "middle", ratio)


def plot(figures):
    """The ratios of cost.csv as bars, one panel for each kernel."""
    table = Figures(figures / "cost.csv")
    width = LEFT + len(table.kernels) * WIDTH
    height = len(table.cases) * GROUP + 80
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
             'font-family="sans-serif" font-size="11">',
             '<rect width="100%" height="100%" fill="#fff"/>',
             svg_text(8, 16, "start", TITLE)]
    for v, variant in enumerate(VARIANTS):
        lines += [svg_bar(8 + v * 90, 26, 10, COLOURS[v], variant),
                  svg_text(22 + v * 90, 34, "start", variant)]
    for c, case in enumerate(table.cases):
        y = TOP + c * GROUP + len(VARIANTS) * 4
        lines.append(svg_text(LEFT - 8, y, "end", case))
    for k, kernel in enumerate(table.kernels):
        lines += svg_panel(table, kernel, LEFT + k * WIDTH)
    return "\n".join([*lines, "</svg>", ""])


def main(command, *args):
    paths = [pathlib.Path(arg) for arg in args]
    if command == "write":
        write_figures(paths[0], args[1:])
    elif command == "mitigation":
        write_mitigation(paths[0], args[1:])
    elif command == "table":
        sys.stdout.write(TABLES[args[0]](paths[1]))
    elif command == "update":
        update(*paths)
    elif command == "plot":
        sys.stdout.write(plot(*paths))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:] or ["help"])
