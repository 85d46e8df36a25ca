#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""nipa.py CHECK TOP KSRC: what netdev's CI would find in the patches of TOP

Each check is named after NIPA's test of the same kind and prints one line for
each finding. KSRC is the kernel source that the patches apply to.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

DEPRECATED = ("module_param", "dev_hold(", "dev_put(", "put_net(", "get_net(",
              "init_dummy_netdev(")
DEPRECATED_IN_DRIVERS = ("__free(",)
SERIES_MAX = 15
HW = "tools/testing/selftests/drivers/net/hw"


def changes(patch):
    """Yields (path, sign, text) for each added or removed line"""
    path = None
    for line in patch.read_text(encoding="utf-8").splitlines():
        if line.startswith("+++ b/"):
            path = line[6:]
        elif path and line[:1] in ("+", "-") and line[:4] != "--- ":
            yield path, line[0], line[1:]


def is_inline(line):
    words = line.split()
    return any(word in ("inline", "__always_inline") for word in words[:2])


def header_inline(patch):
    """A function in a header that is not inline, declared or with its body"""
    for path, sign, line in changes(patch):
        if sign == "-" or not path.endswith(".h") or is_inline(line):
            continue
        static = line.startswith("static ") and "(" in line
        body = re.match(r"[a-z][\w\s*]*\w\(.*\) *\{", line)
        if (static or body) and not line.endswith("\\"):
            yield f"{path}: function is not inline: {line}"


def source_inline(patch):
    for path, sign, line in changes(patch):
        code = re.split(r"/[*/]|^\s*\*", line)[0]
        if sign == "+" and path.endswith(".c") and \
           re.search(r"\binline\b", code):
            yield f"{path}: inline in a .c file: {line}"


def deprecated_api(patch):
    lines = list(changes(patch))
    for name in DEPRECATED + DEPRECATED_IN_DRIVERS:
        count = {"+": 0, "-": 0}
        for path, sign, line in lines:
            if name in DEPRECATED or path.startswith("drivers/net"):
                count[sign] += bool(re.search(r"(^|\W)" + re.escape(name), line))
        if count["+"] > count["-"]:
            yield f"{name} in {count['+']} new lines"


def lists(makefile):
    """Yields the name and the entries of each list, one entry a line"""
    for name, entries in re.findall(r"^([A-Z_]{3,}) *[:+]?= *\\\n((?:\t.*\n)*)",
                                    makefile.read_text(), re.MULTILINE):
        yield name, [entry.strip("\t \\") for entry in entries.splitlines()
                     if entry[1:2] not in ("#", "$")]


def unsorted(entries, key):
    return [b for a, b in zip(entries, entries[1:]) if key(a) > key(b)]


def check_selftest(patch, ksrc):
    """New files are listed, and the lists sorted"""
    text = patch.read_text(encoding="utf-8")
    if f"+++ b/{HW}" not in text:
        return
    new = re.findall(rf"^--- /dev/null\n\+\+\+ b/{HW}/(.*)", text, re.MULTILINE)
    with tempfile.TemporaryDirectory() as tree:
        os.makedirs(f"{tree}/{HW}")
        for name in ("Makefile", "config", ".gitignore"):
            Path(tree, HW, name).write_bytes(Path(ksrc, HW, name).read_bytes())
        subprocess.run(["patch", "-s", "-p1", "-d", tree, "-i", patch.resolve()],
                       check=True)
        listed = dict(lists(Path(tree, HW, "Makefile")))
        ignored = Path(tree, HW, ".gitignore").read_text().split()
        config = [line.split("=")[0].replace("_", "") for line in
                  Path(tree, HW, "config").read_text().split()]
    for name in new:
        built = name.endswith(".c") and not name.endswith(".bpf.c")
        entry = name[:-2] if built else name
        if not any(entry in entries for entries in listed.values()):
            yield f"{name} is in no list of the Makefile"
        if built and entry not in ignored:
            yield f"{entry} is not in .gitignore"
    for name, entries in listed.items():
        for entry in unsorted(entries, lambda e: (e.count("/"), e.lower())):
            yield f"Makefile: {name} is not sorted at {entry}"
    for entry in unsorted(config, str):
        yield f"config is not sorted at {entry}"


def series_format(patches):
    """Subjects, numbers, and a cover letter from three patches on"""
    if len(patches) - 1 > SERIES_MAX:
        yield f"the series has more than {SERIES_MAX} patches"
    for number, patch in enumerate(patches):
        want = f"Subject: [PATCH net {number}/{len(patches) - 1}] "
        if f"\n{want}" not in patch.read_text(encoding="utf-8"):
            yield f"{patch.name}: the subject does not start with {want}"
    if not patches[0].name.startswith("0000-"):
        yield "the series has no cover letter"


def wrong_commit(tag):
    """Compares the tag with the history, if LINUX_GIT is at hand"""
    if "LINUX_GIT" in os.environ:
        subject = subprocess.run(["git", "-C", os.environ["LINUX_GIT"], "log",
                                  "-1", "--format=%s", tag.split()[1]],
                                 capture_output=True, text=True, check=False)
        if f'("{subject.stdout.strip()}")' not in tag:
            yield f"not what the history has: {tag} {subject.stderr.strip()}"


def fixes(patches):
    """A series for net has a Fixes: tag, in its form, among the other tags"""
    found = 0
    for patch in patches:
        message = patch.read_text(encoding="utf-8").split("\n---\n")[0]
        for tag in re.findall(r"^[ \t]*fixes:.*", message,
                              re.IGNORECASE | re.MULTILINE):
            found += 1
            if not re.fullmatch(r'Fixes: [0-9a-f]{12,} \("\S.*\S"\)', tag):
                yield f"{patch.name}: form of the tag: {tag.strip()}"
            if f"\n\n{tag}\n\n" in message:
                yield f"{patch.name}: empty lines around the tag"
            yield from wrong_commit(tag)
    if not found:
        yield "no patch has a Fixes: tag"


def main():
    check, top, ksrc = sys.argv[1:]
    series = sorted(Path(top, "patches").glob("000[0-9]-*.patch"))
    whole = {"series-format": series_format, "fixes": fixes}
    each = {"header-inline": header_inline, "source-inline": source_inline,
            "deprecated-api": deprecated_api,
            "check-selftest": lambda patch: check_selftest(patch, ksrc)}
    if check in whole:
        print("".join(f"{finding}\n" for finding in whole[check](series)), end="")
        return
    for patch in sorted(Path(top, "patches").rglob("*.patch")):
        for finding in each[check](patch):
            print(f"{patch.name}: {finding}")


if __name__ == "__main__":
    main()
