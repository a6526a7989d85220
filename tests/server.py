"""`tide review serve` or `tide study serve` as a process of its own, on a port that is free."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

LIGHT = {"review": "/", "study": "/help"}  # a page that leaves no trace


class Server:
    """Started and killed like the real thing; the database is the run's, unless a URL is given."""

    def __init__(self, pages, run, *options):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.pages, self.run, self.options, self.process = pages, run, options, None
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        where = ["--run", str(self.run), "--port", str(self.port)]
        command = [sys.executable, "-m", "tidelab.cli", self.pages, "serve", *where, *self.options]
        self.log = (self.run.parent / "server.log").open("ab")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env=os.environ, start_new_session=True)
        end = time.monotonic() + 90
        while True:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(self.url + LIGHT[self.pages], timeout=5).read()
                return self
            assert self.process.poll() is None and time.monotonic() < end, (self.run.parent / "server.log").read_text()
            time.sleep(0.05)

    def kill(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()
