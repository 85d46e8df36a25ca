# SPDX-License-Identifier: GPL-2.0
"""Takes back what was changed, however this program ends.

A process of its own gets each command that undoes a change before the change is
made. It runs them, the last one first, when our end of its pipe closes: at the
end, on any signal, and on SIGKILL.
"""
import os
import shlex
import signal
import subprocess
import sys


def _guard(pipe):
    os.setsid()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(name, signal.SIG_IGN)
    failed = 0
    with os.fdopen(pipe) as commands:
        lines = commands.read().splitlines()
    for line in reversed(lines):
        done = subprocess.run(shlex.split(line), capture_output=True,
                              check=False)
        if done.returncode:
            failed = 1
            print(f"report: error: could not undo a change: {line}:",
                  done.stderr.decode().strip(), file=sys.stderr)
    return failed


class Undo:
    """A list of commands for the guard"""

    def __init__(self):
        pipe, self._pipe = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            status = 1
            try:
                os.close(self._pipe)
                status = _guard(pipe)
            finally:
                os._exit(status)
        os.close(pipe)

    def add(self, *command):
        """The command that takes back what is done next"""
        os.write(self._pipe, (shlex.join(command) + "\n").encode())

    def run(self):
        """Runs all of them; true if they worked"""
        os.close(self._pipe)
        return os.waitpid(self._pid, 0)[1] == 0
