# SPDX-License-Identifier: GPL-2.0
"""The frames of the hardware report: families, shapes, bytes.

A shape is a frame of a family whose linear part ("head") has a certain length;
head 0 is a frame in one piece. Each shape has a length of its own, by which the
driver's trace tells it from others.
"""
import ipaddress
import os
import struct
from typing import NamedTuple

ETH_P = {4: 0x0800, 6: 0x86dd}
TCP, UDP, ICMP, FRAGMENT, DSTOPTS, ICMP6 = 6, 17, 1, 44, 60, 58
DISCARD_PORT = 9
FRAMES = 3
END_SEQ, END_SIZE = 0xffffffff, 90
# Of all ENA devices that are known; the driver does not show it
MAX_HEADER = 96
# More than a page: the kernel copies shorter ones, and a ring's, into one piece
# where it has to compute their checksum itself
OFFLOADED_SIZE = 5066

TCP_UDP, SHORT = "TCP and UDP", "TCP and UDP, frames up to 96 bytes"
FIRST, LATER = "UDP in first fragments", "UDP in later fragments"
NO_L4 = "ICMP"


class Family(NamedTuple):
    """Ends of headers, from the start of the frame; 0 where there is none"""
    name: str
    group: str
    ipver: int
    proto: int
    ip_end: int
    l3_end: int
    l4_end: int
    full_end: int
    size: int = 200
    partial: bool = False   # the checksum is left to the driver or the device

    @property
    def csum_end(self):
        """Where the checksum field ends, which the kernel keeps in the head"""
        return self.l3_end + {TCP: 18, UDP: 8}[self.proto]


class Shape(NamedTuple):
    """head: bytes in the linear part; 0: all of them"""
    family: Family
    head: int
    size: int


def _families():
    for ipver, end in ((4, 34), (6, 54)):
        v = f"v{ipver}"
        tcp, udp = end + 20, end + 8
        frag = end + 8 * (ipver == 6)
        yield Family(f"{v}-tcp", TCP_UDP, ipver, TCP, end, end, tcp, tcp)
        yield Family(f"{v}-udp", TCP_UDP, ipver, UDP, end, end, udp, udp)
        yield Family(f"{v}-tcp-options", TCP_UDP, ipver, TCP, end, end, tcp,
                     tcp + 20)
        for l4, proto, l4_end in (("tcp", TCP, tcp), ("udp", UDP, udp)):
            yield Family(f"{v}-{l4}-offloaded", TCP_UDP, ipver, proto, end, end,
                         l4_end, l4_end, OFFLOADED_SIZE, True)
        yield Family(f"{v}-udp-first", FIRST, ipver, UDP, end, frag, frag + 8,
                     frag + 8)
        yield Family(f"{v}-udp-later", LATER, ipver, UDP, end, frag, 0, 0)
        yield Family(f"{v}-icmp", NO_L4, ipver, ICMP if ipver == 4 else ICMP6,
                     end, end, 0, 0)
    yield Family("v4-tcp-short", SHORT, 4, TCP, 34, 34, 54, 54, 80)
    # 64 bytes of destination options: the L4 header is behind MAX_HEADER
    yield Family("v6-tcp-beyond", TCP_UDP, 6, TCP, 54, 118, 138, 138)


FAMILIES = {family.name: family for family in _families()}


def _heads(family):
    """The whole range once, else both sides of each end"""
    if family.name == "v4-tcp":
        return [*range(14, 99), 0]
    heads = {14, MAX_HEADER, 0}
    for end in (family.ip_end, family.l3_end, family.l4_end, family.full_end):
        heads |= {end - 1, end, end + 1} if end else set()
    if family.l3_end > MAX_HEADER:
        heads |= set(range(62, MAX_HEADER, 8))
    if not family.l4_end:
        heads |= {family.l3_end + 8, family.l3_end + 20}
    if family.partial:
        heads = {family.csum_end} | {
            head for head in heads if not head or head > family.csum_end}
    limit = 60 if family.size < MAX_HEADER else family.size
    return sorted(head for head in heads if head < limit)


def shapes(mtu):
    """All shapes that fit the MTUs, {4: ..., 6: ...}"""
    used, made = {END_SIZE}, []
    for family in FAMILIES.values():
        for head in _heads(family):
            size = family.size
            # A first fragment carries a multiple of 8 bytes
            while size in used or (family.group == FIRST and
                                   (size - family.l3_end) % 8):
                size += 1
            used.add(size)
            if size - 14 <= mtu.get(family.ipver, 0):
                made.append(Shape(family, head, size))
    return made


def _csum(data):
    data += bytes(len(data) % 2)
    return sum(struct.unpack(f"!{len(data) // 2}H", data)) % 0xffff


class Link(NamedTuple):
    """What frames of one IP version begin with: both MAC addresses, and both IP
    addresses as in the header
    """
    macs: bytes
    addresses: bytes


def make_link(macs, source, target):
    """From addresses in words"""
    return Link(macs, b"".join(ipaddress.ip_address(address).packed
                               for address in (source, target)))


def _l4(family, link, length, seq, tag):
    """The L4 header and data, whose checksum is done, or left to be done"""
    flow = struct.pack("!HH", 0x8000 + seq % 0x4000, DISCARD_PORT)
    if family.proto == TCP:
        options = family.full_end - family.l4_end
        head = flow + struct.pack("!LLHHL", seq, 0, 0x5002 +
                                  (options // 4 << 12), 0xffff, 0)
        head, at = head + b"\1" * options, 16
    elif family.proto == UDP:
        head, at = flow + struct.pack("!HH", length, 0), 6
    else:
        echo = 8 if family.proto == ICMP else 128
        head, at = struct.pack("!BBHHH", echo, 0, 0, 1, seq & 0xffff), 2
    data = head + tag + struct.pack("!L", seq)
    data += os.urandom(length - len(data))
    pseudo = _csum(link.addresses + struct.pack("!LL", length, family.proto))
    if family.proto == ICMP:
        pseudo = 0
    # Some write a sum of zero as 0xffff, others do not
    while not (csum := _csum(struct.pack("!H", pseudo) + data)):
        data = data[:-1] + bytes([data[-1] ^ 1])
    done, undone = (data[:at] + struct.pack("!H", value) + data[at + 2:]
                    for value in (0xffff - csum, pseudo))
    return done, undone if family.partial else done


def _ip(family, link, payload, fragment=None):
    """Ethernet and IP in front of the payload; fragment: (id, offset, more)"""
    ident, offset, more = fragment or (0, 0, False)
    if family.ipver == 4:
        flags = offset // 8 | 0x2000 * more | 0x4000 * (fragment is None)
        l3 = struct.pack("!HHHHBB", 0x4500, len(payload) + 20, ident & 0xffff,
                         flags, 64, family.proto)
        l3 += struct.pack("!H", 0xffff - _csum(l3 + link.addresses))
    else:
        proto, extra = family.proto, b""
        if fragment:
            extra = struct.pack("!BBHL", proto, 0, offset | more, ident)
            proto = FRAGMENT
        elif family.l3_end > family.ip_end:
            length = family.l3_end - family.ip_end
            extra = struct.pack("!BBBB", proto, length // 8 - 1, 1, length - 4)
            proto, extra = DSTOPTS, extra + bytes(length - 4)
        l3 = struct.pack("!LHBB", 6 << 28, len(payload) + len(extra), proto, 64)
        payload = extra + payload
    return (link.macs + struct.pack("!H", ETH_P[family.ipver]) + l3 +
            link.addresses + payload)


class Sent(NamedTuple):
    """A frame as it is sent and as it has to arrive, and what goes with it"""
    frame: bytes
    whole: bytes
    before: tuple = ()
    after: tuple = ()


def _fragments(shape, link, seq, tag):
    """The fragment of that shape, and the other one in a piece"""
    family, ident = shape.family, int.from_bytes(os.urandom(4), "big")
    length = shape.size - family.l3_end
    first = length if family.group == FIRST else 64
    # The tag is in the fragment that is asked for: behind 8 bytes of UDP, or
    # where the later fragment starts
    pad = 0 if family.group == FIRST else first - 8
    total = first + (64 if family.group == FIRST else length)
    datagram = _l4(family, link, total, seq, bytes(pad) + tag)[0]
    one = _ip(family, link, datagram[:first], (ident, 0, True))
    two = _ip(family, link, datagram[first:], (ident, first, False))
    if family.group == FIRST:
        return Sent(one, one, after=(two,))
    return Sent(two, two, before=(one,))


def build(shape, link, seq, tag):
    """The frame of a shape"""
    family = shape.family
    if family.group in (FIRST, LATER):
        return _fragments(shape, link, seq, tag)
    done, undone = _l4(family, link, shape.size - family.l3_end, seq, tag)
    return Sent(_ip(family, link, undone), _ip(family, link, done))


def build_end(link, ipver, tag):
    """The last frame, which any driver and any rule let pass"""
    family = FAMILIES[f"v{ipver}-udp"]
    return build(Shape(family, 0, END_SIZE), link, END_SEQ, tag)
