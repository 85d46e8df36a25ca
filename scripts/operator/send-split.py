# SPDX-License-Identifier: GPL-2.0
"""Sends a TCP SYN whose linear part ends behind the Ethernet header ("split"),
or is the whole frame ("whole"), and waits for the peer's answer.

send-split.py split|whole INTERFACE SOURCE PEER NEXT-HOP-MAC PORT

Exit status: 0 answered, 1 no answer, 2 usage, 3 cannot send.
"""
import mmap
import os
import socket
import struct
import sys
import time

PAYLOAD = 64
RING_SIZE = 4096
TRIES = 3
WAIT = 1.0

ETH_P_IP = 0x0800
ETH_P_ALL = 3
SOL_PACKET, PACKET_TX_RING = 263, 13
TP_STATUS_SEND_REQUEST = 1
TPACKET_DATA = 32               # behind struct tpacket_hdr


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack("!H", ~total & 0xffff)


def syn(source, peer, ports):
    """The IPv4 packet."""
    length = 20 + PAYLOAD
    ip = struct.pack("!BBHIBBH4s4s", 0x45, 0, 20 + length, 0, 64,
                     socket.IPPROTO_TCP, 0, source, peer)
    tcp = ports + struct.pack("!IIBBHHH", os.getpid(), 0, 5 << 4, 2, 1024, 0, 0)
    tcp += bytes(PAYLOAD)
    pseudo = source + peer + struct.pack("!HH", socket.IPPROTO_TCP, length)
    return (ip[:10] + checksum(ip) + ip[12:] +
            tcp[:16] + checksum(pseudo + tcp) + tcp[18:])


def send_split(sock, frame):
    """The ring's frames reach the driver with 14 linear bytes, at any size."""
    sock.setsockopt(SOL_PACKET, PACKET_TX_RING,
                    struct.pack("IIII", RING_SIZE, 1, RING_SIZE // 2, 2))
    with mmap.mmap(sock.fileno(), RING_SIZE) as ring:
        ring[TPACKET_DATA:TPACKET_DATA + len(frame)] = frame
        ring[:12] = struct.pack("LI", TP_STATUS_SEND_REQUEST, len(frame))
        sock.send(b"")


def is_answer(frame, peer, ports):
    """Any TCP segment, or an ICMP error about our ports."""
    if frame[12:15] != b"\x08\x00\x45":
        return False
    if frame[23] == socket.IPPROTO_ICMP:
        return frame[62:66] == ports
    return (frame[23] == socket.IPPROTO_TCP and frame[26:30] == peer and
            frame[34:38] == ports[2:] + ports[:2])


def answered(receiver, peer, ports):
    end = time.monotonic() + WAIT
    while (left := end - time.monotonic()) > 0:
        receiver.settimeout(left)
        try:
            if is_answer(receiver.recv(2048), peer, ports):
                return True
        except socket.timeout:
            pass
    return False


def main(how, interface, source, peer, mac, port):
    source, peer = socket.inet_aton(source), socket.inet_aton(peer)
    ports = struct.pack("!HH", 32768 + os.getpid() % 28000, int(port))
    receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                             socket.htons(ETH_P_ALL))
    receiver.bind((interface, ETH_P_ALL))
    for _ in range(TRIES):
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
            sender.bind((interface, 0))
            frame = (bytes.fromhex(mac.replace(":", "")) +
                     sender.getsockname()[4] + struct.pack("!H", ETH_P_IP) +
                     syn(source, peer, ports))
            if how == "split":
                send_split(sender, frame)
            else:
                sender.send(frame)
        if answered(receiver, peer, ports):
            return 0
    return 1


if len(sys.argv) != 7 or sys.argv[1] not in ("split", "whole"):
    print(__doc__, file=sys.stderr)
    sys.exit(2)
try:
    sys.exit(main(*sys.argv[1:]))
except OSError as error:
    print(error, file=sys.stderr)
    sys.exit(3)
