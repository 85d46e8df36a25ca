# SPDX-License-Identifier: GPL-2.0
"""The hardware report: which frames does this host lose, and by which rule of the
device? 'ena-tx-header report' starts it; see scripts/operator/README.md.
"""
import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import frames
import judge
import port
from frames import FRAMES
from peer import Peer, PeerError
from undo import Undo

FORMAT = 1
# For a pass, its connections included
PASS_SECONDS = 140
# The device reports its counters once a second
COUNTERS_SECONDS = 2


def show(text, file=None):
    """Names, and what the peer says, may hold what a terminal would obey"""
    print(re.sub(r"[^\n\t -~]", "?", text), file=file)


def say(text):
    """Progress, and what is wrong"""
    show(f"report: {text}", sys.stderr)


class Fatal(Exception):
    """There is no report"""


def link_to(name, target):
    """How frames get to the peer by that interface"""
    route = json.loads(port.command("ip", "-j", "route", "get", target, "oif",
                                    name))[0]
    hop = route.get("gateway", target)
    subprocess.run(["ping", "-c", "1", "-W", "5", "-I", name, target],
                   capture_output=True, check=False)
    neighbours = json.loads(port.command("ip", "-j", "neigh", "show", hop, "dev",
                                         name) or "[]")
    if not neighbours or "lladdr" not in neighbours[0]:
        raise OSError("the next hop does not answer")
    mine = Path(f"/sys/class/net/{name}/address").read_text().strip()
    macs = bytes.fromhex((neighbours[0]["lladdr"] + mine).replace(":", ""))
    return frames.make_link(macs, route["prefsrc"], target)


class Run:
    """One run of all shapes with the driver that is loaded"""

    def __init__(self, args, undo):
        self.args, self.undo = args, undo
        self.name = args.interface
        self.counters = port.Counters(self.name)
        self.ring = port.Ring(self.name)
        self.peer = Peer(args.peer)
        self.links = {}
        for ipver, address in self.peer.addresses.items():
            try:
                self.links[ipver] = link_to(self.name, address)
            except OSError as error:
                say(f"warning: no IPv{ipver} frames: {error}")
        if not self.links:
            raise Fatal(f"the peer cannot be reached by {self.name}")
        mtu = min(self.peer.mtu, int(Path(
            f"/sys/class/net/{self.name}/mtu").read_text()))
        self.shapes = frames.shapes(dict.fromkeys(self.links, mtu))

    def send_shape(self, shape, tag, first):
        """Returns the row without what the other end saw, and what was sent"""
        family, sent = shape.family, {}
        row = {"family": family.name, "head": shape.head, "size": shape.size}
        before = self.counters.linearized()
        csum = ((family.l3_end, family.csum_end - family.l3_end - 2)
                if family.partial else None)
        try:
            for seq in range(first, first + FRAMES):
                one = frames.build(shape, self.links[family.ipver], seq, tag)
                self.ring.put(*one.before)
                self.ring.put(one.frame, head=shape.head, csum=csum)
                self.ring.put(*one.after)
                sent[seq] = one
            self.ring.send(family.ipver)
        except OSError as error:
            row["error"] = "sending failed: " + (error.strerror or "")
        after = self.counters.linearized()
        row["linearized"] = None if None in (before, after) else after - before
        return row, sent

    def send_all(self, tag):
        """Rows, and what was sent by its number"""
        rows, sent = [], {}
        for number, shape in enumerate(self.shapes):
            row, more = self.send_shape(shape, tag, number * FRAMES)
            rows.append(row)
            sent.update(more)
        for ipver, link in self.links.items():
            self.ring.put(frames.build_end(link, ipver, tag).frame)
            self.ring.send(ipver)
        return rows, sent

    def expected(self, ipver):
        """How many frames with the tag would arrive if none were lost"""
        return 1 + FRAMES * sum(shape.family.ipver == ipver
                                for shape in self.shapes)

    def exchange(self):
        """Rows of what was sent, and by IP version the frames that arrived"""
        tag, got = os.urandom(8), {}
        with contextlib.ExitStack() as stack:
            take = stack.enter_context(port.trace(
                self.name, [shape.size for shape in self.shapes], self.undo))
            receivers = {ipver: stack.enter_context(self.peer.receive(
                ipver, tag, self.expected(ipver), PASS_SECONDS))
                         for ipver in self.links}
            for receiver in receivers.values():
                receiver.await_ready()
            rows, sent = self.send_all(tag)
            for ipver, receiver in receivers.items():
                got[ipver] = _sort(receiver.frames(), tag, sent)
            seen = take()
        for row in rows:
            heads = Counter()
            for (head, _), count in seen.get(row["size"], {}).items():
                heads[str(head)] += count
            row["at_driver"] = dict(heads)
        return rows, got

    def results(self, mitigated):
        """The rows of a pass with their results"""
        rows, got = self.exchange()
        for number, row in enumerate(rows):
            ipver = frames.FAMILIES[row["family"]].ipver
            whole, altered, ended = got[ipver]
            seqs = range(number * FRAMES, (number + 1) * FRAMES)
            row["arrived"] = sum(seq in whole for seq in seqs)
            row["altered"] = sum(seq in altered for seq in seqs)
            if not ended:
                row["error"] = "the last frame, which nothing loses, got lost"
            row["result"] = judge.result(row, mitigated)
        return rows

    def one_pass(self, csum, mitigated, why):
        """With that state of tx-checksum; why it cannot be, if so"""
        found = {"tx_checksum": csum, "mitigated": mitigated, "results": []}
        why = why or port.set_feature(self.name, "tx-checksum-.*", csum, self.undo)
        say(f"tx checksumming {csum}{', with mitigate' * mitigated}: "
            f"{why or str(len(self.shapes)) + ' shapes'}")
        if why:
            return {**found, "why_not": why}
        return {**found, "results": self.results(mitigated)}

    def mitigate(self):
        """Puts the mitigation in place; returns why not"""
        if self.args.facts["driver"]["kind"] != judge.STOCK:
            return "the driver is not the stock one"
        if not self.args.bpf:
            return "there is no ena-tx-bpf"
        if not self.mitigated():
            self.undo.add(self.args.bpf, "detach", self.name)
            try:
                port.command(self.args.bpf, "attach", self.name)
            except OSError:
                return "ena-tx-bpf cannot be attached"
        return ""

    def mitigated(self):
        """Is it in place already?"""
        if not self.args.bpf:
            return False
        status = port.command(self.args.bpf, "status", self.name)
        return not status.startswith("none")

    def all_passes(self):
        """Each with tx checksumming on and off"""
        why = port.set_feature(self.name, "tx-scatter-gather", "on", self.undo)
        plain = why or ("'ena-tx-header mitigate' is at work: undo it first"
                        if self.mitigated() else "")
        passes = [self.one_pass(csum, False, plain) for csum in ("on", "off")]
        why = why or self.mitigate()
        return passes + [self.one_pass(csum, True, why) for csum in ("off", "on")]

    def report(self):
        """What is added to the file"""
        counters = self.counters.read()
        passes = self.all_passes()
        time.sleep(COUNTERS_SECONDS)
        after = self.counters.read()
        moved = after and counters and {
            name: value - counters[name] for name, value in after.items()
            if value != counters[name] and not name.startswith("queue_")}
        return {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                **self.args.facts, "counters": moved, "passes": passes}


def _sort(got, tag, sent):
    """Numbers of the frames that arrived as they were, and not; did the last?"""
    whole, altered, ended = set(), set(), False
    for line in got:
        frame = bytes.fromhex(line.strip("-"))
        seq = int.from_bytes(frame.partition(tag)[2][:4], "big")
        ended |= seq == frames.END_SEQ
        if seq not in sent:
            continue
        want = sent[seq].frame if line[0] == "-" else sent[seq].whole
        # Routers change what is below L4
        start = 34 if frame[12:14] == b"\x08\0" else 54
        (whole if frame[start:] == want[start:] else altered).add(seq)
    return whole, altered, ended


def read_file(path, facts):
    """What earlier runs have found on such a device"""
    device = {"product": facts.pop("product"), "arch": facts["arch"]}
    if not os.path.exists(path):
        return {"format": FORMAT, "device": device, "runs": []}
    try:
        report = json.loads(Path(path).read_text())
        if report["format"] != FORMAT or report["device"] != device:
            raise ValueError
        return report
    except (ValueError, KeyError, TypeError, OSError):
        raise Fatal(f"{path} is no report of this kind of host: name another "
                    "file, or remove it") from None


def write_file(path, report):
    """In place of what was there; a row a line"""
    rows = []

    def number(row):
        rows.append(json.dumps(row))
        return f"@{len(rows) - 1}"
    text = json.dumps({**report, "runs": [
        {**run, "passes": [{**one, "results": list(map(number, one["results"]))}
                           for one in run["passes"]]}
        for run in report["runs"]]}, indent=1)
    text = re.sub(r'"@(\d+)"', lambda match: rows[int(match[1])], text)
    with tempfile.NamedTemporaryFile("w", delete=False, dir=os.path.dirname(
            os.path.abspath(path))) as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(text + "\n")
    os.replace(file.name, path)


def parse():
    """The words of report.sh"""
    parser = argparse.ArgumentParser(prog="report")
    parser.add_argument("--interface", required=True)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--facts", required=True, type=json.loads)
    parser.add_argument("--bpf")
    parser.add_argument("file")
    return parser.parse_args()


def main():
    """Returns the exit status"""
    args = parse()
    report = read_file(args.file, args.facts)
    undo = Undo()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda number, _: sys.exit(128 + number))
    status, run = 1, None
    try:
        run = Run(args, undo).report()
    except (Fatal, PeerError, OSError) as error:
        say(f"error: {error}; no report was written")
    finally:
        undone = undo.run()
    if run and undone:
        report["runs"].append(run)
        report["rule"], report["summary"] = judge.summary(report)
        keys = ("format", "summary", "rule", "device", "runs")
        write_file(args.file, {key: report[key] for key in keys})
        show("\n".join(report["summary"]))
        show(f"wrote {args.file}; read it before you send it")
        status = 0
    return status


if __name__ == "__main__":
    sys.exit(main())
