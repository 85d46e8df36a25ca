# SPDX-License-Identifier: GPL-2.0
"""The interface: its counters and offloads, what its driver gets, how to send.
"""
import array
import contextlib
import fcntl
import mmap
import os
import re
import socket
import struct
import subprocess
from collections import Counter
from pathlib import Path

from frames import ETH_P

SIOCETHTOOL = 0x8946
ETHTOOL_GDRVINFO, ETHTOOL_GSTRINGS, ETHTOOL_GSTATS = 0x03, 0x1b, 0x1d
DRVINFO_SIZE, DRVINFO_N_STATS, STRING = 196, 180, 32
# <linux/if_packet.h>
SOL_PACKET = 263
PACKET_VERSION, PACKET_TX_RING, PACKET_VNET_HDR = 10, 13, 15
TPACKET_V2, TPACKET2_DATA, TP_STATUS_SEND_REQUEST = 1, 32, 1
RING_SLOT, RING_SLOTS = 16384, 16
SEND_SECONDS = 10
TRACING = Path("/sys/kernel/tracing")


def command(*words):
    """What it prints; an error has its words"""
    done = subprocess.run(words, capture_output=True, check=False)
    if done.returncode:
        raise OSError(f"{words[0]}: " + done.stderr.decode().strip())
    return done.stdout.decode()


class Counters:
    """ethtool -S, without a process for each time"""

    def __init__(self, name):
        self._name = name.encode()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._names = self._read_names()
        except OSError:
            self._names = []
        self._linearized = [
            number for number, counter in enumerate(self._names)
            if re.fullmatch(r"queue_\d+_tx_linearize(_failed)?", counter)]

    def _ask(self, request):
        data = array.array("B", request)
        fcntl.ioctl(self._socket, SIOCETHTOOL, struct.pack(
            "16sP16x", self._name, data.buffer_info()[0]))
        return data.tobytes()

    def _read_names(self):
        info = self._ask(struct.pack("=L", ETHTOOL_GDRVINFO).ljust(DRVINFO_SIZE,
                                                                   b"\0"))
        count = struct.unpack_from("=L", info, DRVINFO_N_STATS)[0]
        strings = self._ask(struct.pack("=3L", ETHTOOL_GSTRINGS, 1, count) +
                            bytes(count * STRING))[12:]
        return [strings[at:at + STRING].split(b"\0")[0].decode()
                for at in range(0, count * STRING, STRING)]

    def _values(self):
        count = len(self._names)
        try:
            data = self._ask(struct.pack("=2L", ETHTOOL_GSTATS, count) +
                             bytes(count * 8))
        except OSError:
            return ()
        return struct.unpack_from(f"={count}Q", data, 8)

    def read(self):
        """All of them by name; none if they cannot be read"""
        return dict(zip(self._names, self._values())) or None

    def linearized(self):
        """How often the driver has copied a frame; None if that was not read"""
        values = self._values() if self._linearized else ()
        return sum(values[number] for number in self._linearized
                   ) if values else None


def set_feature(name, pattern, state, undo):
    """The offloads of that pattern; returns why they are not as asked for"""
    wrong = ""
    for feature, was, fixed in re.findall(
            rf"^\s*({pattern}): (on|off)(.*)", command("ethtool", "-k", name),
            re.MULTILINE):
        if was == state:
            continue
        if "fixed" in fixed:
            # Not all devices compute the checksums of IPv6
            if state == "off" or not feature.startswith("tx-checksum-"):
                wrong = f"{feature} is always {was}"
            continue
        undo.add("ethtool", "-K", name, feature, was)
        command("ethtool", "-K", name, feature, state)
    return wrong


@contextlib.contextmanager
def trace(name, sizes, undo):
    """Records what the driver gets; yields a function that returns
    {length: Counter of (linear part, ip_summed)}, of frames since the last time.
    """
    if not (TRACING / "events").exists():
        command("mount", "-t", "tracefs", "tracefs", str(TRACING))
    path = TRACING / "instances" / f"ena-tx-header.{os.getpid()}"
    undo.add("sh", "-c", f"[ ! -d {path} ] || rmdir {path}")
    path.mkdir()
    event = path / "events/net/net_dev_start_xmit"
    (event / "filter").write_text(f'name == "{name}" && len >= {min(sizes)} && '
                                  f'len <= {max(sizes)}')
    (event / "enable").write_text("1")

    def take():
        got = {}
        for summed, size, rest in re.findall(
                r"ip_summed=(\d+) len=(\d+) data_len=(\d+)",
                (path / "trace").read_text()):
            head = int(size) - int(rest) if int(rest) else 0
            got.setdefault(int(size), Counter())[head, int(summed)] += 1
        (path / "trace").write_text("")
        return got

    try:
        yield take
    finally:
        (event / "enable").write_text("0")
        path.rmdir()


def _packet_socket():
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    made.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                    struct.pack("ll", SEND_SECONDS, 0))
    return made


class Ring:
    """A packet socket's TX_RING with virtio-net headers: it makes frames of any
    length with any linear part from 14 bytes up, which the driver cannot tell
    from a tap's. Beside it one without a ring, for checksums that are to be done.
    """

    def __init__(self, name):
        self._name = name
        self._plain, self._ring = _packet_socket(), _packet_socket()
        self._ring.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        self._ring.setsockopt(SOL_PACKET, PACKET_TX_RING, struct.pack(
            "=4I", RING_SLOT, RING_SLOTS, RING_SLOT, RING_SLOTS))
        self._slots = mmap.mmap(self._ring.fileno(), RING_SLOT * RING_SLOTS)
        self._next, self._waiting, self._partial = 0, 0, []

    def put(self, *frames, head=0, csum=None):
        """csum: where the L4 header starts, and its checksum in there"""
        for frame in frames:
            data = struct.pack("=BBHHHH", csum is not None, 0,
                               head or len(frame), 0, *(csum or (0, 0))) + frame
            if csum:
                self._partial.append(data)
            else:
                self._fill(data)

    def _fill(self, data):
        at = self._next * RING_SLOT
        self._slots[at + TPACKET2_DATA:at + TPACKET2_DATA + len(data)] = data
        self._slots[at:at + 8] = struct.pack("=II", TP_STATUS_SEND_REQUEST,
                                             len(data))
        self._next = (self._next + 1) % RING_SLOTS
        self._waiting += 1

    def send(self, ipver):
        """What was put"""
        target = self._name, ETH_P[ipver]
        partial, self._partial = self._partial, []
        waiting, self._waiting = self._waiting, 0
        for data in partial:
            self._plain.sendto(data, target)
        if waiting:
            self._ring.sendto(b"", target)
