#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""Remote end of tx_short_head.py: prints frames with the tag, in hex.

A "-" marks a checksum that is still to be done, as between virtual devices.
"""

import select
import socket
import sys
import time

SO_RCVBUFFORCE = 33
SOL_PACKET, PACKET_AUXDATA, TP_STATUS_CSUMNOTREADY = 263, 8, 8
# The last frame; those of other Tx queues may arrive after it
END = b"\xff" * 4
END_GRACE_SEC = 0.5


def _main(ifname, proto, tag, count, seconds):
    tag, count = bytes.fromhex(tag), int(count)
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
    sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    sock.bind((ifname, int(proto)))
    print("ready", flush=True)
    deadline = time.monotonic() + int(seconds)
    while count and select.select([sock], [], [],
                                  max(0, deadline - time.monotonic()))[0]:
        frame, aux, _, _ = sock.recvmsg(1 << 16, 128)
        if tag in frame:
            status = int.from_bytes(aux[0][2][:4], sys.byteorder)
            print("-" * bool(status & TP_STATUS_CSUMNOTREADY) + frame.hex())
            count -= 1
            if tag + END in frame:
                deadline = time.monotonic() + END_GRACE_SEC


if __name__ == "__main__":
    _main(*sys.argv[1:])
