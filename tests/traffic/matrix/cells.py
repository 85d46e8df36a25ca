# SPDX-License-Identifier: GPL-2.0
"""A cell of the matrix and its frames, which tests/lib/frame.c builds."""

import ctypes
import os
import struct

FRAME_MAX, SEGMENTS_MAX = 65536, 16
VNET_NEEDS_CSUM, GSO_NONE, GSO_UDP, GSO_ECN = 1, 0, 3, 0x80
# Flags of struct ena_shape_request.
SKB_FLAGS = {"cloned": 1, "shared": 2, "fraglist": 4}

lib = ctypes.CDLL(os.environ["FRAME_LIB"])
buffer = ctypes.create_string_buffer(FRAME_MAX)


class Extension(ctypes.Structure):
    _fields_ = [("type", ctypes.c_ubyte), ("len", ctypes.c_ubyte)]


class Frame(ctypes.Structure):
    """struct frame of frame.h"""
    _fields_ = [
        *((name, ctypes.c_uint)
          for name in ("tags", "type", "ip_options", "extensions")),
        ("extension", Extension * 4),
        *((name, ctypes.c_uint)
          for name in ("proto", "l4_options", "fragment", "tunnel", "len",
                       "id", "flow", "tcp_flags")),
        ("reply", ctypes.c_bool), ("smac", ctypes.c_ubyte * 6),
        ("dmac", ctypes.c_ubyte * 6),
    ]

    def copy(self, **changes):
        new = Frame.from_buffer_copy(self)
        for name, value in changes.items():
            setattr(new, name, value)
        return new

    def set_macs(self, source, destination):
        self.smac[:], self.dmac[:] = source, destination

    def offset(self, what):
        """what: l3, l4, min or csum_offset"""
        return lib[f"frame_{what}"](ctypes.byref(self))

    def protocol(self):
        return (self.type, 0x8100, 0x88a8)[self.tags]

    def build(self, seq, partial=False):
        lib.frame_build(ctypes.byref(self), seq, partial, buffer)
        return ctypes.string_at(buffer, self.len)

    def routed(self, frame, smac, dmac):
        ctypes.memmove(buffer, frame, len(frame))
        lib.frame_route(ctypes.byref(self), buffer, smac, dmac)
        return ctypes.string_at(buffer, self.len)

    def segments(self, frame, size, ufo):
        for nr in range(SEGMENTS_MAX):
            length = lib.frame_segment(ctypes.byref(self), frame, size, nr, ufo,
                                       buffer)
            if not length:
                return
            yield ctypes.string_at(buffer, length)


def parse_frame(name):
    frame = Frame()
    lib.frame_parse.restype = ctypes.c_bool
    if not lib.frame_parse(ctypes.byref(frame), name.encode()):
        raise ValueError(f"no frame '{name}'")
    return frame


class Cell:
    """One path by one shape: what to send, and how. From "key=value ..."."""

    # reach: how many frames one becomes at the driver; loose: the checksum is put
    # in the wrong place; split: bytes in the first buffer of AF_XDP; skbhead: in
    # the head of the module's skb.
    numbers = {"len": 0, "id": 0, "count": 3, "reach": 1, "flow": 0, "loose": 0,
               "split": 0, "pkt_frags": 0, "clone_skb": 0, "skbhead": 0,
               "network": -1, "transport": -1, "hdr_len": 0, "flags": 0, "gso": 0,
               "gso_size": 0, "csum_start": -1, "csum_offset": -1}

    def __init__(self, line):
        self.skb, self.frags, self.shape = 0, [], ""
        self.__dict__.update(self.numbers)
        for word in line.split():
            self.parse(*word.split("=", 1))
        self.complete()

    def parse(self, key, value):
        if key in self.numbers:
            setattr(self, key, int(value))
        elif key == "frags":
            self.frags = [int(size) for size in value.split(",")]
        elif key == "skb":
            self.skb |= SKB_FLAGS[value]
        elif key == "frame":
            self.frame = parse_frame(value)
        elif key == "csum":
            self.partial = value == "partial"
        elif key == "shape":
            # It has "=" itself.
            self.shape = value
        elif key == "source":
            self.source = value
        else:
            raise ValueError(f"no word '{key}'")

    def complete(self):
        f = self.frame
        f.len, f.id, f.flow = self.len, self.id, self.flow
        f.tcp_flags = 0x10 if self.flow else 0x02
        if self.csum_start == -1:
            self.csum_start = f.offset("l4") if self.partial else 0
        if self.csum_offset == -1:
            self.csum_offset = f.offset("csum_offset") if self.partial else 0
        if self.partial:
            self.flags |= VNET_NEEDS_CSUM

    def vnet(self):
        return struct.pack("<BBHHHH", self.flags, self.gso, self.hdr_len,
                           self.gso_size, self.csum_start, self.csum_offset)

    def expected(self, route=None):
        """What its frames have to be when they arrive, in order. route: the
        source and destination address that a router sets."""
        for seq in range(self.count):
            frame = self.frame.build(seq, bool(self.loose))
            if route:
                frame = self.frame.routed(frame, *route)
            gso = self.gso & ~GSO_ECN
            if gso == GSO_NONE:
                yield frame
            else:
                yield from self.frame.segments(frame, self.gso_size, gso == GSO_UDP)
