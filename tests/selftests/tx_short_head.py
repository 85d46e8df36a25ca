#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""Frames whose linear part ends inside the L4 header must leave NETIF intact.

Taps and packet sockets make such frames. A driver that tells its device where
the headers end by the length of the linear part loses them.

      linear part        | fragments
     +-----+------+------|----+-----------------+
     | Eth | IPv4 | TCP  |    | payload         |
     +-----+------+------|----+-----------------+
     0     14     34     52   54             5066

A case is named after its frames. It passes if NETIF's driver got frames of
that shape, and all of them arrived. Firewalls must pass port 9.
"""

import fcntl
import functools
import ipaddress
import itertools
import mmap
import os
import re
import socket
import struct
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from lib.py import ksft_run, ksft_exit, ksft_pr, ksft_eq, ksft_ge, ksft_true
from lib.py import ksft_variants, KsftNamedVariant, KsftSkipEx, NetDrvEpEnv
from lib.py import bkg, cmd, defer, ethtool, fd_read_timeout, ip

FRAMES = 16
# Any driver sends this one: it is short, so linear
END_SEQ, END_SIZE = 0xffffffff, 131
PAGE = os.sysconf("SC_PAGESIZE")

# <linux/if_tun.h>, <linux/if_packet.h>
TUNSETIFF = 0x400454ca
IFF_TAP_NO_PI_VNET_HDR = 0x0002 | 0x1000 | 0x4000
SOL_PACKET = 263
PACKET_VERSION, PACKET_TX_RING, PACKET_VNET_HDR = 10, 13, 15
TPACKET_V2, TPACKET2_DATA, TP_STATUS_SEND_REQUEST = 1, 32, 1
# A block of one frame; blocks consist of pages
RING_SLOT = max(16384, PAGE)

ETH_P, L4_OFFSET = {"4": 0x0800, "6": 0x86dd}, {"4": 34, "6": 54}
# Number, length of the header without options, where the checksum is
L4 = {"tcp": (6, 20, 16), "udp": (17, 8, 6)}


class Frame(NamedTuple):
    """What is sent, from where, how, and where its L4 checksum is"""
    mode: str
    source: str
    ipver: str
    l4: str
    length: str
    hdr_len: int
    partial: bool
    check: int

    @property
    def head(self):
        """Length of the linear part; 0 if there is nothing else"""
        fits = self.length in ("small", "below") and self.source != "ring"
        if fits or self.mode == "sg_off":
            return 0
        return max(14, self.hdr_len, (self.check + 2) * self.partial)

    def size(self, cfg):
        """Length in bytes"""
        mtu = min(cfg.dev["mtu"], cfg.remote_dev["mtu"], RING_SLOT - 64)
        # There is a page for headroom, frame and skb_shared_info
        names = {"small": 1000, "below": PAGE - 512, "page": PAGE,
                 "mtu": mtu + 14}
        size = names.get(self.length) or int(self.length)
        if size > mtu + 14:
            raise KsftSkipEx(f"{size} bytes exceed the MTU of {mtu}")
        if self.source != "ring" and self.head and size < PAGE:
            raise KsftSkipEx(f"{size} bytes are linear with such pages")
        return size


def _csum(data):
    data += bytes(len(data) % 2)
    return sum(struct.unpack(f"!{len(data) // 2}H", data)) % 0xffff


def _build(cfg, frame, size, seq):
    """Returns the frame, and the same with its L4 checksum left to be done"""
    l4_len, proto = size - L4_OFFSET[frame.ipver], L4[frame.l4][0]
    addrs = b"".join(ipaddress.ip_address(addr[frame.ipver]).packed
                     for addr in (cfg.addr_v, cfg.remote_addr_v))
    if frame.ipver == "4":
        l3 = struct.pack("!HHLBB", 0x4500, l4_len + 20, 0x4000, 64, proto)
        l3 += struct.pack("!H", 0xffff - _csum(l3 + addrs))
    else:
        l3 = struct.pack("!LHBB", 6 << 28, l4_len, proto, 64)
    # A flow per frame, or receivers merge them; a SYN passes firewalls
    l4 = struct.pack("!HH", 0x8000 + seq % 0x4000, 9)
    if frame.l4 == "tcp":
        l4 += struct.pack("!LLHHL", 0, 0, 0x5002, 0xffff, 0)
    else:
        l4 += struct.pack("!HH", l4_len, 0)
    l4 += cfg.tag + struct.pack("!L", seq)
    l4 += os.urandom(l4_len - len(l4))
    pseudo = _csum(addrs + struct.pack("!LL", l4_len, proto))
    # Some write a sum of zero as 0xffff, others do not
    while not (csum := _csum(struct.pack("!H", pseudo) + l4)):
        l4 = l4[:-1] + bytes([l4[-1] ^ 1])

    l2 = _macs(cfg, frame.ipver)[0] + struct.pack("!H", ETH_P[frame.ipver])
    data = l2 + l3 + addrs + l4
    return [data[:frame.check] + struct.pack("!H", check) +
            data[frame.check + 2:] for check in (0xffff - csum, pseudo)]


def _open_tap(cfg):
    """As with Kata: what a VMM writes to the tap, tc redirects to NETIF"""
    tap = f"txhead{os.getpid()}"
    tun = os.open("/dev/net/tun", os.O_RDWR)
    defer(os.close, tun)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", tap.encode(),
                                            IFF_TAP_NO_PI_VNET_HDR))
    ip(f"link set dev {tap} up")
    cmd(f"tc qdisc add dev {tap} clsact")
    cmd(f"tc filter add dev {tap} ingress protocol all u32 match u32 0 0 "
        f"action mirred egress redirect dev {cfg.ifname}")
    return functools.partial(os.write, tun)


def _open_socket(cfg, ipver):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    defer(sock.close)
    sock.bind((cfg.ifname, ETH_P[ipver]))
    return sock


def _ring_writer(sock):
    sock.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
    sock.setsockopt(SOL_PACKET, PACKET_TX_RING,
                    struct.pack("=4I", RING_SLOT, 1, RING_SLOT, 1))
    slot = mmap.mmap(sock.fileno(), RING_SLOT)

    def write(data):
        slot[TPACKET2_DATA:TPACKET2_DATA + len(data)] = data
        slot[:8] = struct.pack("=II", TP_STATUS_SEND_REQUEST, len(data))
        sock.send(b"")
    return write


def _send(cfg, frame, sent):
    # VIRTIO_NET_HDR_F_NEEDS_CSUM is the only flag
    vnet_hdr = struct.pack("=BBHHHH", frame.partial, 0, frame.hdr_len, 0,
                           L4_OFFSET[frame.ipver], L4[frame.l4][2])
    sock = _open_socket(cfg, frame.ipver)
    if frame.source == "tap":
        write = _open_tap(cfg)
    elif frame.source == "packet":
        sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        write = sock.send
    else:
        write, vnet_hdr = _ring_writer(sock), b""
    for seq in range(FRAMES):
        write(vnet_hdr + sent[seq][frame.partial])
    _open_socket(cfg, frame.ipver).send(sent[END_SEQ][0])


@functools.cache
def _macs(cfg, ipver):
    """Ethernet addresses of frames to the remote end, and if they may change"""
    remote = cfg.remote_addr_v[ipver]
    route = ip(f"route get {remote} oif {cfg.ifname}", json=True)[0]
    hop = route.get("gateway", remote)
    cmd(f"ping -c 1 -W 5 -I {cfg.ifname} {remote}", fail=False)
    neigh = ip(f"neigh show {hop} dev {cfg.ifname}", json=True)
    macs = neigh[0]["lladdr"] + cfg.dev["address"]
    routed = hop != remote or cfg.env.get("REMOTE_TYPE") == "ssh"
    return bytes.fromhex(macs.replace(":", "")), routed


def _trace(cfg, size):
    """Starts to trace frames of that size on their way to NETIF's driver"""
    path = Path(f"/sys/kernel/tracing/instances/tx_short_head.{os.getpid()}")
    path.mkdir()
    defer(path.rmdir)
    event = path / "events/net/net_dev_start_xmit"
    (event / "filter").write_text(f'name == "{cfg.ifname}" && len == {size}')
    (event / "enable").write_text("1")
    return path / "trace"


def _shapes(trace):
    """Counts what the driver got, by linear part (0: all) and ip_summed"""
    events = re.findall(r"ip_summed=(\d+) len=(\d+) data_len=(\d+)",
                        trace.read_text())
    return Counter((int(data_len) and int(size) - int(data_len), int(summed))
                   for summed, size, data_len in events)


def _counters(cfg):
    out = cmd(f"ethtool -S {cfg.ifname}", fail=False).stdout
    return Counter({name: int(value) for name, value in re.findall(
        r"^\s*(\S*(?:linearize|drop)\S*): (\d+)$", out, re.MULTILINE)})


def _set_features(cfg, pattern, state):
    out = ethtool(f"-k {cfg.ifname}").stdout
    for name, was, fixed in re.findall(rf"^\s*({pattern}): (on|off)(.*)", out,
                                       re.MULTILINE):
        if was == state:
            continue
        if "fixed" in fixed:
            raise KsftSkipEx(f"{name} of {cfg.ifname} is always {was}")
        defer(ethtool, f"-K {cfg.ifname} {name} {was}")
        ethtool(f"-K {cfg.ifname} {name} {state}")


def _check_arrived(cfg, frame, sent, output):
    """Compares what was sent with what the remote end has printed"""
    # Routers change what is below L4, and the L4 checksum covers the rest
    start = L4_OFFSET[frame.ipver] if _macs(cfg, frame.ipver)[1] else 0
    whole = Counter()
    for line in output.split():
        got = bytes.fromhex(line.strip("-"))
        seq = int.from_bytes(got.partition(cfg.tag)[2][:4], "big")
        got, want = got[start:], sent[seq][line[0] == "-"][start:]
        same = len(os.path.commonprefix((got, want)))
        ksft_eq(same, max(len(got), len(want)), f"first bytes of frame {seq}")
        whole[seq] += got == want
    ksft_true(whole.pop(END_SEQ, 0), "the frame that ends a case got lost, too")
    ksft_eq(len(+whole), FRAMES, "frames that arrived whole")
    ksft_eq(max(whole.values(), default=1), 1, "copies of a frame")


def _variants(rows):
    for row in rows.strip().split("\n"):
        for mode, source, ipver, l4, csum, length in itertools.product(
                *(column.split(",") for column in row.split())):
            size, _, hdr_len = length.partition(":")
            frame = Frame(mode, source, ipver, l4, size, int(hdr_len or 0),
                          csum == "partial", L4_OFFSET[ipver] + L4[l4][2])
            need = L4_OFFSET[ipver] + L4[l4][1]
            shape = f"head_{frame.head}_of_{need}" if frame.head else "linear"
            yield KsftNamedVariant(
                f"{mode}_{source}_v{ipver}_{l4}_{size}_{shape}", frame)


# Features, source, IP version, L4 protocol, checksum, length[:hdr_len]
@ksft_variants(_variants("""
    sg tap    4,6 tcp     partial      small,below,page,5066,mtu
    sg tap    4   tcp     partial      5066:53,5066:54,5066:95,5066:96,5066:97
    sg tap    6   tcp     partial      5066:73,5066:74
    sg tap    4,6 udp     partial      small,5066
    sg packet 4   tcp     partial      small
    sg packet 4   tcp     full         5066:54
    sg packet 4,6 tcp,udp partial,full 5066
    sg ring   4,6 tcp,udp full         small,5066
    sg ring   4   tcp     full         80,95,96,97,mtu
    sg ring   4   udp     full         80
    csum_off        tap    4,6 tcp,udp partial small,5066
    sg_off          tap    4,6 tcp     partial 5066
    csum_off,sg_off packet 4   tcp     partial 5066
    csum_off,sg_off ring   4   tcp     full    small
"""))
def tx(cfg, frame):
    """Sends frames; the driver has to get their shape, the peer every byte"""
    cfg.require_ipver(frame.ipver)
    cfg.require_cmd("python3", remote=True)
    size = frame.size(cfg)
    _set_features(cfg, "tx-scatter-gather",
                  "off" if frame.mode == "sg_off" else "on")
    if frame.mode == "csum_off":
        _set_features(cfg, "tx-checksum-.*", "off")

    cfg.tag = os.urandom(8)
    sent = {seq: _build(cfg, frame, size, seq) for seq in range(FRAMES)}
    sent[END_SEQ] = _build(cfg, frame, END_SIZE, END_SEQ)
    before = _counters(cfg)
    trace = _trace(cfg, size)
    # The remote end gives up after 18 seconds, as bkg() would after 20
    with bkg(f"python3 {cfg.rx} {cfg.remote_ifname} {ETH_P[frame.ipver]} "
             f"{cfg.tag.hex()} {FRAMES + 1} 18", host=cfg.remote,
             exit_wait=True, fail=False) as rx:
        fd_read_timeout(rx.proc.stdout.fileno(), 60)
        _send(cfg, frame, sent)
    ksft_eq(rx.ret, 0, f"remote end failed: {rx.stderr}")
    shapes = _shapes(trace)
    ksft_pr("(linear part, ip_summed): frames", dict(shapes))
    ksft_pr("counted", dict(_counters(cfg) - before))
    # Any ip_summed; CHECKSUM_NONE where the stack has to compute checksums
    summed = range(1 if frame.mode == "csum_off" else 4)
    ksft_ge(sum(shapes[frame.head, value] for value in summed), FRAMES,
            f"shape not produced: linear part {frame.head}")
    _check_arrived(cfg, frame, sent, rx.stdout)


def main():
    """Ksft boilerplate main"""
    # netdevsim linearizes, and has no header length to get wrong
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        cfg.rx = cfg.remote.deploy("tx_short_rx.py")
        ksft_run([tx], args=(cfg,))
    ksft_exit()


if __name__ == "__main__":
    main()
