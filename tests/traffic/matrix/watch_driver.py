# SPDX-License-Identifier: GPL-2.0
"""What the driver is handed and what it counts; network namespaces."""

import ctypes
import fcntl
import os
import re
import socket
import struct
import time

SEEN = "/sys/kernel/debug/ena_shape/seen"
COUNTERS = "linearize", "linearize_failed", "dma_mapping_err"
SIOCETHTOOL, GSSET_INFO, GSTRINGS, GSTATS, SS_STATS = 0x8946, 0x37, 0x1b, 0x1d, 1
LIMIT = 60


def wait_until(is_so):
    """Asks each millisecond until it is so; False after a minute."""
    deadline = time.monotonic() + LIMIT
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


def enter_netns(name=None):
    """None: the namespace of the guest's first process."""
    path = f"/run/netns/{name}" if name else "/proc/1/ns/net"
    with open(path, encoding="ascii") as file:
        os.setns(file.fileno(), os.CLONE_NEWNET)


class Driver:
    def __init__(self, dev):
        self.dev = dev
        self.index = socket.if_nametoindex(dev)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        info = self.ethtool(struct.pack("=IIQ", GSSET_INFO, 0, 1 << SS_STATS), 4)
        self.count = struct.unpack_from("=I", info, 16)[0]
        names = self.ethtool(struct.pack("=III", GSTRINGS, SS_STATS, self.count),
                             32 * self.count)[12:]
        names = [name.split(b"\0")[0].decode()
                 for (name,) in struct.iter_unpack("32s", names)]
        self.places = [[n for n, name in enumerate(names)
                        if re.fullmatch(rf"queue_\d+_tx_{counter}", name)]
                       for counter in COUNTERS]

    def ethtool(self, request, room):
        buffer = ctypes.create_string_buffer(request, len(request) + room)
        fcntl.ioctl(self.socket, SIOCETHTOOL, struct.pack(
            "16sQ16x", self.dev.encode(), ctypes.addressof(buffer)))
        return buffer.raw

    def counters(self):
        """The sums over the queues, in the order of COUNTERS."""
        request = struct.pack("=II", GSTATS, self.count)
        values = struct.unpack_from(f"={self.count}Q",
                                    self.ethtool(request, 8 * self.count), 8)
        return [sum(values[n] for n in places) for places in self.places]

    def forget_seen(self):
        with open(SEEN, "w", encoding="ascii") as file:
            file.write(str(self.index))

    def seen(self):
        """Of each shape of skb, its fields and how many; a last line "N more"
        is left out."""
        with open(SEEN, encoding="ascii") as file:
            lines = [line.split() for line in file]
        return [(fields, int(count)) for *fields, count in lines if count.isdigit()]

    def seen_text(self):
        return ",".join(f"{':'.join(fields)}*{count}"
                        for fields, count in self.seen()) or "-"

    def await_frames(self, count):
        wait_until(lambda: sum(n for _, n in self.seen()) >= count)
