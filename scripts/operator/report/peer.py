# SPDX-License-Identifier: GPL-2.0
"""The other end: reached by ssh, where the selftest's receiver prints what comes.
"""
import json
import select
import shlex
import socket
import subprocess
from pathlib import Path

from frames import ETH_P

RECEIVER = (Path(__file__).resolve().parents[3] /
            "tests/selftests/tx_short_rx.py")
# How long it may take to start, and to end
START_SECONDS, LAST_SECONDS = 60, 20
AS_ROOT = '[ "$(id -u)" = 0 ] || set -- sudo -n "$@"; exec "$@"'
ADDRESSES = ('set -- $SSH_CONNECTION; echo "$3"; '
             'PATH=$PATH:/usr/sbin:/sbin ip -j address')


class PeerError(Exception):
    """In the words for the operator"""


class Peer:
    """address and interface: by which it was reached; addresses: {4: ..., 6: ...}
    """

    def __init__(self, host):
        self._ssh = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30",
                     "-o", "ServerAliveInterval=5", "-T", host]
        reached, _, links = self._ask(host).partition("\n")
        wanted = {reached} if reached else {
            info[4][0] for info in socket.getaddrinfo(host.split("@")[-1], None)}
        self.interface, self.mtu, self.addresses = _find(json.loads(links),
                                                         wanted)

    def _ask(self, host):
        done = subprocess.run([*self._ssh, ADDRESSES], capture_output=True,
                              stdin=subprocess.DEVNULL, check=False)
        if done.returncode or b"[" not in done.stdout:
            raise PeerError(f"{host} cannot be reached by ssh without a password,"
                            " or has no 'ip': " + done.stderr.decode().strip())
        return done.stdout.decode()

    def receive(self, ipver, tag, count, seconds):
        """A receiver of so many frames with the tag"""
        words = ["python3", "-", self.interface, str(ETH_P[ipver]), tag.hex(),
                 str(count), str(seconds)]
        return Receiver([*self._ssh, f"set -- {shlex.join(words)}; {AS_ROOT}"],
                        seconds)


def _find(links, wanted):
    for link in links:
        addresses = [info for info in link.get("addr_info", ())
                     if info.get("scope") == "global"]
        if wanted & {info["local"] for info in addresses}:
            break
    else:
        raise PeerError("the peer has no interface with the address by which it "
                        "was reached")
    found = {}
    for info in addresses:
        ipver = 4 if info["family"] == "inet" else 6
        if ipver not in found or info["local"] in wanted:
            found[ipver] = info["local"]
    return link["ifname"], link["mtu"], found


class Receiver:
    """The selftest's, on the peer; gone at the end of a "with" block"""

    def __init__(self, command, seconds):
        with RECEIVER.open("rb") as program:
            self._process = subprocess.Popen(
                command, bufsize=0, stdin=program, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
        self._seconds = seconds

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()

    def await_ready(self):
        """Until it listens"""
        out = self._process.stdout
        if (select.select([out], [], [], START_SECONDS)[0] and
                out.readline() == b"ready\n"):
            return
        self._process.kill()
        raise PeerError("the receiver does not start on the peer; it needs "
                        "python3 and root, or sudo without a password: " +
                        self._process.stderr.read().decode().strip())

    def frames(self):
        """In hex, when all have come or their time is over"""
        try:
            out, errors = self._process.communicate(
                timeout=self._seconds + LAST_SECONDS)
        except subprocess.TimeoutExpired:
            raise PeerError("the connection to the peer hangs") from None
        if self._process.returncode:
            raise PeerError("the connection to the peer, or the receiver there, "
                            "died: " + errors.decode().strip())
        return out.decode().split()
