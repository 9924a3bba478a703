"""The broker as `make up` runs it, in the hands of a test: killed, frozen, full, started again from its file."""

import os
import resource
import shutil
import signal
import subprocess
import threading
from pathlib import Path

from redis import Redis

from contracts.local import BROKER_SOCKET, make_private, socket_folder, socket_url
from contracts.storage.connections import connect
from deploy.valkey import server_command, wait_for_server
from support.faketime import clock_off


class Broker:
    """A private server, with its data in one folder, which outlives its process."""

    def __init__(self, folder: Path, *, clock_off_s: float = 0, **options: str) -> None:
        """Start it.

        Args:
            folder: for its data.
            clock_off_s: by how many seconds its clock is ahead, or behind if they are below zero.
            options: of the server, which take the place of those of `make up`; a `_` stands for a `-`.
        """
        self._folder, sockets = folder, socket_folder(folder)
        folder.mkdir(parents=True, exist_ok=True)
        make_private(sockets)
        self.socket = sockets / BROKER_SOCKET
        self.url = socket_url(self.socket)
        self.options, self.clock_off_s = options, clock_off_s
        self.log = folder.with_suffix(".log")
        """What the server says."""
        self.start()

    def start(self) -> None:
        """Start it, and wait until it has read its file."""
        options = [part for name, value in self.options.items() for part in (f"--{name.replace('_', '-')}", value)]
        command = [*server_command(self.socket, self._folder), *options]
        environment = os.environ | (clock_off(self.clock_off_s) if self.clock_off_s else {})
        with self.log.open("ab") as log:
            # A file that may not grow is an error of the write, as on a full disk, and no signal.
            self._process = subprocess.Popen(command, stdout=log, env=environment, restore_signals=False)
        wait_for_server(self.url, 60, threading.Event())

    @property
    def pid(self) -> int:
        """Of its process, which is another one each time it is started."""
        return self._process.pid

    def kill(self) -> None:
        """As a crash does."""
        self.end(signal.SIGKILL)

    def end(self, how: signal.Signals) -> None:
        """By this signal, and wait until it has."""
        self._process.send_signal(how)
        self._process.wait()

    def freeze(self) -> None:
        """It answers nothing, and its connections stay open."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        self._process.send_signal(signal.SIGCONT)

    def limit_files(self, size: int | None = None) -> None:
        """Let no file of it grow beyond so many bytes; without a size, lift that."""
        limit = resource.RLIM_INFINITY if size is None else size
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def client(self) -> Redis:
        """A client made as the processes make theirs."""
        return connect(self.url, name="tests")

    @property
    def files(self) -> list[Path]:
        """Its append-only files that grow, of which there is one, or two while it rewrites them."""
        return sorted((self._folder / "appendonlydir").glob("*.incr.aof"))

    def close(self) -> None:
        """Remove it."""
        self.kill()
        shutil.rmtree(self.socket.parent)
