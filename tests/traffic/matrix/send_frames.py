# SPDX-License-Identifier: GPL-2.0
"""The sources of frames: each sends one frame, or raises OSError."""

import ctypes
import fcntl
import mmap
import os
import pathlib
import socket
import struct

from watch_driver import wait_until

SOL_PACKET, PACKET_VNET_HDR, PACKET_QDISC_BYPASS = 263, 15, 20
PACKET_VERSION, PACKET_TX_RING, TP_SEND_REQUEST, TP_AVAILABLE = 10, 13, 1, 0
TUNSETIFF, IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x400454ca, 2, 0x1000, 0x4000
AF_XDP, SOL_XDP, XDP_MMAP_OFFSETS, XDP_TX_RING, XDP_UMEM_REG = 44, 283, 1, 3, 4
XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING = 5, 6
XDP_COPY, XDP_USE_SG, XDP_PKT_CONTD = 2, 16, 1
XDP_PGOFF_TX_RING, XDP_PGOFF_COMPLETION_RING = 0x80000000, 0x180000000

libc = ctypes.CDLL(None, use_errno=True)


def await_or_fail(is_so):
    if not wait_until(is_so):
        raise TimeoutError(110, "the kernel does not finish")


def open_tap(path, name):
    fd = os.open(path, os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack(
        "16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
    return fd


class Tap:
    """path: /dev/net/tun, or that of a macvtap"""

    def __init__(self, name, path="/dev/net/tun"):
        self.fd = open_tap(path, name)
        state = pathlib.Path(f"/sys/class/net/{name}/operstate")
        await_or_fail(lambda: state.read_text() == "up\n")

    def send(self, cell, frame):
        os.write(self.fd, cell.vnet() + frame)


class Packet:
    def __init__(self, dev, option=None):
        self.dev, self.vnet = dev, option == PACKET_VNET_HDR
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        if option:
            self.socket.setsockopt(SOL_PACKET, option, 1)

    def send(self, cell, frame):
        self.socket.sendto((cell.vnet() if self.vnet else b"") + frame,
                           (self.dev, cell.frame.protocol()))


class PacketRing:
    """A packet socket's transmit ring, of version 1 to 3."""

    SLOT, SLOTS = 16384, 4
    # In the slot: where its status, its length and the frame are.
    LAYOUT = {1: ("=Q", 0, 8, 32), 2: ("=I", 0, 4, 32), 3: ("=I", 20, 16, 48)}

    def __init__(self, dev, version):
        size = self.SLOT * self.SLOTS
        self.dev, self.next = dev, 0
        self.format, self.status, self.length, self.data = self.LAYOUT[version]
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(SOL_PACKET, PACKET_VERSION, version - 1)
        request = struct.pack("=4I", size, 1, self.SLOT, self.SLOTS)
        self.socket.setsockopt(SOL_PACKET, PACKET_TX_RING,
                               request + bytes(12 if version == 3 else 0))
        self.ring = mmap.mmap(self.socket.fileno(), size)

    def send(self, cell, frame):
        slot = self.next % self.SLOTS * self.SLOT
        self.next += 1
        self.ring[slot + self.data:slot + self.data + len(frame)] = frame
        struct.pack_into("=I", self.ring, slot + self.length, len(frame))
        struct.pack_into(self.format, self.ring, slot + self.status, TP_SEND_REQUEST)
        self.socket.sendto(b"", (self.dev, cell.frame.protocol()))
        await_or_fail(lambda: struct.unpack_from(
            self.format, self.ring, slot + self.status)[0] == TP_AVAILABLE)


class TestModule:
    """struct ena_shape_request, then the frame"""

    def __init__(self, dev):
        self.index = socket.if_nametoindex(dev)
        self.fd = os.open("/sys/kernel/debug/ena_shape/send", os.O_WRONLY)

    def send(self, cell, frame):
        head = cell.skbhead if 0 < cell.skbhead < len(frame) else len(frame)
        frags = cell.frags or [0] * (head < len(frame))
        request = struct.pack(
            "=IIIH20HHhhHH", self.index, head, cell.skb, len(frags),
            *frags, *[0] * (20 - len(frags)), socket.htons(cell.frame.protocol()),
            cell.network, cell.transport, cell.csum_start, cell.csum_offset)
        os.write(self.fd, request + frame)


class XdpRing:
    def __init__(self, sock, offset, places, entry):
        self.producer, self.consumer, self.entries, _ = places
        self.map = mmap.mmap(sock.fileno(), self.entries + Xdp.BUFFERS * entry,
                             offset=offset)

    def get(self, place):
        return struct.unpack_from("=I", self.map, place)[0]

    def put(self, place, value):
        struct.pack_into("=I", self.map, place, value)


class Xdp:
    """AF_XDP in copy mode: one frame at a time, in one buffer or more."""

    BUFFER, BUFFERS = 4096, 8

    def __init__(self, dev):
        self.socket = socket.socket(AF_XDP, socket.SOCK_RAW, 0)
        self.umem = mmap.mmap(-1, self.BUFFER * self.BUFFERS)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self.umem))
        self.socket.setsockopt(SOL_XDP, XDP_UMEM_REG, struct.pack(
            "=QQIIII", address, len(self.umem), self.BUFFER, 0, 0, 0))
        for ring in XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_TX_RING:
            self.socket.setsockopt(SOL_XDP, ring, self.BUFFERS)
        places = struct.unpack("=16Q", self.socket.getsockopt(
            SOL_XDP, XDP_MMAP_OFFSETS, 128))
        self.tx = XdpRing(self.socket, XDP_PGOFF_TX_RING, places[4:8], 16)
        self.done = XdpRing(self.socket, XDP_PGOFF_COMPLETION_RING, places[12:], 8)
        self.bind(socket.if_nametoindex(dev))

    def bind(self, index):
        """With several buffers a frame, if the kernel can."""
        for flags in XDP_COPY | XDP_USE_SG, XDP_COPY:
            address = struct.pack("=HHIII", AF_XDP, flags, index, 0, 0)
            if libc.bind(self.socket.fileno(), address, len(address)) == 0:
                return
        raise OSError(ctypes.get_errno(), "bind of AF_XDP")

    def parts(self, frame, split):
        if split:
            yield frame[:split]
            frame = frame[split:]
        for at in range(0, len(frame), self.BUFFER):
            yield frame[at:at + self.BUFFER]

    def send(self, cell, frame):
        parts = list(self.parts(frame, cell.split))
        at = self.tx.get(self.tx.producer)
        for n, part in enumerate(parts):
            self.umem[n * self.BUFFER:n * self.BUFFER + len(part)] = part
            struct.pack_into("=QII", self.tx.map,
                             self.tx.entries + (at + n) % self.BUFFERS * 16,
                             n * self.BUFFER, len(part),
                             XDP_PKT_CONTD if n + 1 < len(parts) else 0)
        self.tx.put(self.tx.producer, at + len(parts))
        self.socket.send(b"", socket.MSG_DONTWAIT)
        wanted = self.done.get(self.done.consumer) + len(parts)
        await_or_fail(lambda: self.done.get(self.done.producer) >= wanted)
        self.done.put(self.done.consumer, wanted)


class Pktgen:
    """Sends all frames of a cell at once; the first stands for all.

    The device stays with its thread: a thread removes devices when it next comes
    round, and the command that asks for it waits 125 ms and no longer. A device
    that was added again by then is removed, too, even while it runs.
    """

    PROC = pathlib.Path("/proc/net/pktgen")

    def __init__(self, dev):
        self.dev, self.id = self.PROC / dev, None
        if not self.dev.exists():
            (self.PROC / "kpktgend_0").write_text(f"add_device {dev}\n")

    def configure(self, cell):
        f = cell.frame
        addresses = ("dst6 2001:db8::99", "src6 2001:db8:1::1") if f.type == 0x86dd \
            else ("flag !IPV6", "dst 192.0.2.99", "src_min 198.51.100.1")
        for command in (f"count {cell.count}", f"pkt_size {cell.len}",
                        f"frags {cell.pkt_frags}", f"clone_skb {cell.clone_skb}",
                        "delay 0", *addresses, f"dst_mac {bytes(f.dmac).hex(':')}",
                        f"src_mac {bytes(f.smac).hex(':')}"):
            self.dev.write_text(command + "\n")

    def send(self, cell, _frame):
        if cell.id == self.id:
            return
        self.id = cell.id
        self.configure(cell)
        # On a busy machine, "start" returns before the thread has begun. The
        # result of the last command is replaced by that of the run, in usec.
        (self.PROC / "pgctrl").write_text("start\n")
        await_or_fail(lambda: " usec, " in self.dev.read_text())

    @staticmethod
    def sent(cell, frame):
        """Its frames have a header of its own, with the time, and zeros."""
        at = cell.frame.offset("min")
        return (len(frame) == cell.len and frame[:6] == bytes(cell.frame.dmac) and
                frame[at:at + 4] == b"\xbe\x9b\xe9\x55" and
                not any(frame[at + 16:]))


class Senders:
    """dev sends for all sources but taps."""

    VNET = "tap", "macvtap", "vnet", "skb"

    def __init__(self, dev, tap=None, macvtap=None):
        self.dev, self.opened = dev, {}
        if tap:
            self.opened["tap"] = Tap(tap)
        if macvtap:
            self.opened["macvtap"] = Tap(
                macvtap, f"/dev/tap{socket.if_nametoindex(macvtap)}")

    def open(self, name):
        if name.startswith("ring"):
            return PacketRing(self.dev, int(name[4:]))
        if name == "packet":
            return Packet(self.dev)
        if name == "bypass":
            return Packet(self.dev, PACKET_QDISC_BYPASS)
        if name == "vnet":
            return Packet(self.dev, PACKET_VNET_HDR)
        return {"skb": TestModule, "xdp": Xdp, "pktgen": Pktgen}[name](self.dev)

    def send(self, cell):
        """How many of the cell's frames the source took, and the first error."""
        if cell.source not in self.opened:
            self.opened[cell.source] = self.open(cell.source)
        taken, error = 0, None
        for seq in range(cell.count):
            frame = cell.frame.build(seq, cell.partial and cell.source in self.VNET)
            try:
                self.opened[cell.source].send(cell, frame)
                taken += 1
            except OSError as e:
                error = error or e
        return taken, error
