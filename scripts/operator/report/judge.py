# SPDX-License-Identifier: GPL-2.0
"""What the report's results say: which remedy loses which shapes, and which rule
the device follows. All of it from the file; nothing is known of any rule but the
quantities that one may be made of.
"""
import itertools
from typing import NamedTuple

from frames import (FAMILIES, FIRST, FRAMES, LATER, MAX_HEADER, NO_L4, SHORT,
                    TCP_UDP)

ARRIVED, LOST = "arrived", "lost"
STOCK, LINEARIZE, PULL, NO_HINT = "stock", "linearize", "pull-header", "no-hint"
MITIGATE = "mitigate"
COLUMNS = (STOCK, MITIGATE, LINEARIZE, PULL, NO_HINT)
LEAST_HEAD = 14
BASES = {
    "l4_end": "the end of the L4 header without options",
    "l3_end": "the end of the L3 header with its extensions",
    "ip_end": "the end of the IP header without extensions",
    "full_end": "the end of the L4 header with options",
    "": "byte",
}
EXTRA = [0, *itertools.chain(*((n, -n) for n in range(1, 41)))]


def head_at_driver(row):
    """The linear part of most frames of that length at the driver"""
    heads = row["at_driver"]
    return int(max(heads, key=heads.get)) if heads else None


def result(row, mitigated):
    """What became of a shape, by what was seen of it"""
    if row.get("error"):
        return "unknown: " + row["error"]
    if row["at_driver"] is None:
        return "unknown: the trace was not read"
    head = head_at_driver(row) if mitigated else row["head"]
    if row["at_driver"].get(str(head), 0) < FRAMES:
        return "unknown: the driver did not get this shape"
    if row["altered"]:
        return "altered"
    if row["arrived"] == FRAMES:
        return ARRIVED
    return "some lost" if row["arrived"] else LOST


class Point(NamedTuple):
    """A shape as the device got it"""
    family: object
    size: int
    told: int       # header_length
    buffer: int     # length of the first buffer
    lost: bool


def _device_got(kind, row):
    """header_length and the first buffer; None if that is not known"""
    size, family = row["size"], FAMILIES[row["family"]]
    buffer = head_at_driver(row) or size
    if row["linearized"] is None or kind not in (STOCK, LINEARIZE, PULL, NO_HINT):
        return None
    if row["linearized"] >= FRAMES and kind in (LINEARIZE, PULL):
        buffer = size if kind == LINEARIZE else min(family.l4_end, size)
    elif row["linearized"]:
        return None
    return 0 if kind == NO_HINT else min(buffer, MAX_HEADER), buffer


def passes(report):
    """(kind of driver, pass) of all runs against the device"""
    for run in report["runs"]:
        for one in run["passes"]:
            yield run["driver"]["kind"], one


def _has_baseline(rows, name):
    return any(row["family"] == name and not row["head"] and
               row["result"] == ARRIVED for row in rows)


def points(report):
    """All that is known of single frames. A family whose frames in one piece do
    not arrive says nothing, unless header_length is 0, which may be why.
    """
    baselines = {name for name in FAMILIES for _, one in passes(report)
                 if _has_baseline(one["results"], name)}
    found = []
    for kind, one in passes(report):
        for row in one["results"]:
            got = _device_got(kind, row)
            if not got or row["result"] not in (ARRIVED, LOST):
                continue
            name = row["family"]
            if _has_baseline(one["results"], name) or (
                    not got[0] and name in baselines):
                found.append(Point(FAMILIES[name], row["size"], *got,
                                   row["result"] == LOST))
    return found


class Formula(NamedTuple):
    """Lost if the subject ends before the base and extra bytes more"""
    subject: str    # "told", "buffer"; "" if nothing is lost
    base: str
    extra: int

    def need(self, family):
        """The byte that the subject has to reach"""
        return (getattr(family, self.base) if self.base else 0) + self.extra

    def loses(self, point):
        """What it says of a frame"""
        need = min(self.need(point.family), point.size)
        if self.subject == "told":
            return 0 < point.told < min(need, MAX_HEADER)
        return self.subject == "buffer" and point.buffer < need

    def words(self):
        """For a reader"""
        if not self.subject:
            return "not lost for a header_length that is not 0"
        end = BASES[self.base]
        if not self.base:
            end = f"{end} {self.extra}"
        elif self.extra:
            end = (f"{abs(self.extra)} bytes "
                   f"{'behind' if self.extra > 0 else 'before'} {end}")
        if self.subject == "told":
            return (f"lost if header_length is not 0 and less than {end} (or than "
                    f"{MAX_HEADER} or the frame's length, if they are less)")
        return f"lost if the first buffer ends before {end}"


def _formulas():
    """The plainest first"""
    yield Formula("", "", 0)
    for subject, extra in itertools.product(("told", "buffer"), EXTRA):
        yield from (Formula(subject, base, extra) for base in BASES if base)
    for subject in ("told", "buffer"):
        yield from (Formula(subject, "", byte)
                    for byte in range(LEAST_HEAD + 1, MAX_HEADER + 1))


def fits(known, group):
    """The formulas that agree with every frame of a group of families"""
    known = [point for point in known if point.family.group == group]
    hinted = [point for point in known if point.told]
    families = {point.family for point in hinted}
    found, seen = [], set()
    for formula in _formulas() if hinted else ():
        subject, base, _ = formula
        if base and not all(getattr(family, base) for family in families):
            continue
        needs = tuple(formula.need(f) for f in FAMILIES.values()
                      if f.group == group)
        if (subject, needs) in seen or subject and all(
                formula.need(f) <= LEAST_HEAD for f in families):
            continue
        seen.add((subject, needs))
        if all(formula.loses(point) == point.lost
               for point in (known if subject == "buffer" else hinted)):
            found.append(formula)
    return found


def _zero(known, short):
    lost = {point.lost for point in known if not point.told and
            point.family.group in (TCP_UDP, SHORT) and
            (point.size <= MAX_HEADER) == short}
    if not lost:
        return "not sent"
    return "some lost" if len(lost) == 2 else LOST if lost == {True} else ARRIVED


# What the device model calls them
NAMES = {("told", "l4_end", 0, ARRIVED): "strict",
         ("told", "l4_end", 0, LOST): "spec",
         ("", "", 0, ARRIVED): "off"}


def rule(report):
    """The rule, as far as the results tell"""
    known = points(report)
    found = fits(known, TCP_UDP)
    zero = {"frames of more than 96 bytes": _zero(known, False),
            "frames up to 96 bytes": _zero(known, True)}
    sent = zero["frames of more than 96 bytes"]
    verdict, name = "named", None
    if not any(point.family.group == TCP_UDP for point in known):
        verdict = "unknown"
    elif not found:
        verdict = "none fits"
    elif len(found) > 1 or found[0].subject != "buffer" and sent == "not sent":
        verdict = "several fit"
    else:
        name = NAMES.get((*found[0], sent))
    return {"verdict": verdict, "name": name,
            TCP_UDP: [formula.words() for formula in found],
            "header_length 0": zero,
            **{group: _like(fits(known, group), found)
               for group in (SHORT, FIRST, LATER, NO_L4)}}


def _like(found, main):
    """The words of another group: as the main one, or at least about the same
    subject"""
    if not found:
        return ["unknown, or no rule of this kind fits"]
    same = [formula for formula in found if formula in main] or [
        formula for formula in found
        if formula.subject in ("", *(one.subject for one in main))]
    return [formula.words() for formula in same or found]


##############################################################################


def ranges(numbers):
    """ [14, 15, 16, 52] as "14-16,52" """
    words, numbers = [], sorted(numbers)
    for _, run in itertools.groupby(enumerate(numbers), lambda p: p[1] - p[0]):
        run = [number for _, number in run]
        words.append(f"{run[0]}-{run[-1]}" if run[1:] else str(run[0]))
    return ",".join(words)


def _cell(rows):
    """Which heads are lost; 0 is the frame in one piece"""
    lost = [row["head"] for row in rows if row["result"] == LOST]
    heads = ranges(lost).replace("0", "whole", not lost or not min(lost))
    unknown = [row for row in rows if row["result"] not in (ARRIVED, LOST)]
    if len(unknown) == len(rows):
        return "unknown"
    return (heads or "nothing") + (f"; {len(unknown)} unknown" if unknown else "")


def _emulated(rows, column):
    """What the remedy would send, as a frame that was sent by another driver"""
    family = FAMILIES[rows[0]["family"]] if rows else None
    if not family or column not in (LINEARIZE, PULL):
        return "unknown"
    if not family.l4_end:
        return _cell(rows) + "*"    # these remedies leave it alone
    head = 0 if column == LINEARIZE else family.l4_end
    rows = [row for row in rows if row["head"] == head]
    return _cell(rows).replace("whole", "all") + "*" if rows else "unknown"


def table(report):
    """Lines: which linear parts are lost, by family and offload, for each
    remedy"""
    cells = {}
    for kind, one in passes(report):
        column = MITIGATE if one["mitigated"] else kind
        for row in one["results"]:
            key = row["family"], one["tx_checksum"]
            cells.setdefault(key, {}).setdefault(column, {})[row["head"]] = row
    lines = {}
    for (name, csum), columns in sorted(cells.items()):
        known = {column: list(rows.values()) for column, rows in columns.items()}
        line = (name, *(_cell(known[column]) if column in known else
                        _emulated(known.get(STOCK, ()), column)
                        for column in COLUMNS))
        lines.setdefault(line, []).append(csum)
    lines = [["lost linear parts of", "tx csum", *COLUMNS], *(
        [name, ", ".join(sorted(csums, reverse=True)), *columns]
        for (name, *columns), csums in lines.items())]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]


def summary(report):
    """Lines for a reader"""
    found = rule(report)
    lines = [f"Rule of the device: {found['verdict']}"
             f"{', ' + found['name'] if found['name'] else ''}"]
    for group in (TCP_UDP, SHORT, FIRST, LATER, NO_L4):
        words = found[group]
        more = f" (and {len(words) - 5} more)" if words[5:] else ""
        lines.append(f"{group}: " + "; or ".join(words[:5] or ["unknown"]) + more)
    for which, what in found["header_length 0"].items():
        lines.append(f"header_length 0, {which}: {what}")
    lines += ["", *table(report), "",
              "Bytes in the linear part of lost frames; \"whole\" is a frame in "
              "one piece.",
              "* not this remedy's driver: a frame as it would send, by the stock "
              "one."]
    return found, lines
