"""The real server of a simulation, with a clock of the world's, and connections to it that the world decides over."""

import json
from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import Connection, ConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from contracts.storage import scripts
from contracts.storage.scripts import load_script
from simulation.world import Fate, World

_FOLDER: Final = Path(__file__).parent
_SCRIPTS: Final = Path(scripts.__file__).parent / "lua"
_OURS: Final = "simulation:"
_LATE_S: Final = (0.001, 0.05, 1.0, 6.0, 12.0)
"""Seconds that a call may be on its way, when it is late."""


class Change(NamedTuple):
    """What a step did to a job's record; none before it was there, and after it is gone."""

    job_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Late(NamedTuple):
    """A call that is on its way."""

    due: float
    process: str
    names: str
    packed: Any
    count: int


class Server:
    """Executes one call after the other, and looks what each has done."""

    def __init__(self, redis: Redis, world: World, restart: Callable[[], None] | None = None) -> None:
        """Use a server that nobody else uses; it is emptied.

        Args:
            redis: a client of it.
            world: decides over what happens.
            restart: kills its process, and starts another one from its file; none: a restart is only played.
        """
        self.redis, self.world, self._restart_process = redis, world, restart
        self._tick, self._observe = (
            (_FOLDER / f"{name}.lua").read_text(encoding="utf-8") for name in ("tick", "observe")
        )
        self._raw = redis.connection_pool.make_connection()
        self.connections: set[SimulatedConnection] = set()
        self.on_step: Callable[[Sequence[str], Sequence[Change]], None] = lambda complaints, changes: None
        self.on_late: Callable[[Late], None] = lambda late: None
        self.late: list[Late] = []
        """Calls that are on their way still."""
        redis.config_set("maxmemory", 0)
        redis.flushall()
        redis.script_flush()
        self._load()

    @cached_property
    def script_names(self) -> dict[str, str]:
        """The name of each script by its hash."""
        names = (path.stem for path in _SCRIPTS.glob("*.lua"))
        return {load_script(self.redis, name).sha: name for name in names}

    def client(self) -> Redis:
        """A client as `contracts.storage.connections.connect` makes them, with the same patience."""
        retry = Retry(NoBackoff(), 2, supported_errors=(RedisConnectionError,))
        pool = ConnectionPool(connection_class=SimulatedConnection, server=self, retry=retry)
        return Redis.from_pool(pool)

    def execute(self, packed: Any, count: int) -> list[Any]:
        """Send commands, and return their answers; those that are errors are returned as well."""
        seconds, microseconds = divmod(round(self.world.server_now * 1_000_000), 1_000_000)
        raw = self._raw
        before = raw.pack_commands([("EVALSHA", self._tick_sha, 0, seconds, microseconds)])
        after = raw.pack_commands([("EVALSHA", self._observe_sha, 0)])
        raw.send_packed_command([b"".join([*before, *packed, *after])], check_health=False)  # the server wakes once
        answers = [self._answer() for _ in range(count + 2)]
        self._look(answers[-1])
        return answers[1:-1]

    def execute_late(self, now: float) -> None:
        """What is on its way until then arrives."""
        for late in sorted(self.late, key=lambda late: late.due):
            if late.due <= now:
                self.late.remove(late)
                self.world.say(f"late, of {late.process}: {late.names}")
                self.on_late(late)
                self.execute(late.packed, late.count)

    def delay(self, names: str, packed: Any, count: int) -> None:
        """Let a call of the current process arrive later."""
        due = self.world.now + self.world.random.choice(_LATE_S)
        self.late.append(Late(due, self.world.current().name, names, packed, count))

    def restart(self) -> None:
        """The server starts anew from its file: nothing is lost but connections, scripts and what was on its way."""
        self.world.say("the server restarts")
        self.late.clear()
        if self._restart_process:
            self._restart_process()
            self._raw.disconnect()
            self.redis.connection_pool.disconnect()
        else:
            self.redis.script_flush()
        self._load()
        for connection in self.connections:
            connection.cut = True

    def copy(self) -> list[tuple[bytes, int, bytes]]:
        """A copy of all that is stored."""
        names = sorted(name for name in self.redis.keys("*") if not name.startswith(_OURS.encode()))
        expiry = dict(self.redis.zrange("simulation:expiry", 0, -1, withscores=True))
        return [(name, expiry.get(name, 0), self.redis.dump(name)) for name in names]

    def restore(self, copy: Sequence[tuple[bytes, float, bytes]]) -> None:
        """The server starts anew from an older copy of its file."""
        self.world.say("the server starts from an older copy of its file")
        self.redis.flushall()
        for name, expires, value in copy:
            self.redis.restore(name, 86_400_000_000 if expires else 0, value)
            if expires:
                self.redis.zadd("simulation:expiry", {name: expires})
        self.restart()
        self.execute([], 0)

    def _load(self) -> None:
        self._tick_sha, self._observe_sha = map(self.redis.script_load, (self._tick, self._observe))

    def _answer(self) -> Any:
        try:
            return self._raw.read_response()
        except ResponseError as error:
            return error

    def _look(self, seen: Any) -> None:
        if isinstance(seen, Exception):
            raise seen
        complaints, *changes = seen
        parts = zip(changes[::3], changes[1::3], changes[2::3], strict=True)
        self.on_step(
            [complaint.decode() for complaint in complaints],
            [Change(i.decode(), json.loads(b) if b else None, json.loads(a) if a else None) for i, b, a in parts],
        )


class SimulatedConnection(Connection):
    """What a client takes for a connection of its own. Each sending is a step of the world's."""

    def __init__(self, *, server: Server, **options: Any) -> None:
        """Be open at once; no handshake is sent."""
        super().__init__(**options)
        self._server, self._count, self._names = server, 1, ""
        self._answers: deque[Any] = deque()
        self.cut = False
        server.connections.add(self)

    @property
    def is_connected(self) -> bool:
        """Always."""
        return True

    def connect(self) -> None:
        """Forget that it was cut."""
        self.cut = False

    def disconnect(self, *args: Any, **options: Any) -> None:
        """Forget what was not read."""
        self._answers.clear()

    def can_read(self, timeout: float = 0) -> bool:
        """Whether there are answers that nobody has read."""
        return bool(self._answers)

    def send_command(self, *args: Any, **options: Any) -> None:
        """Send one command."""
        self._count, self._names = 1, self._server_name(args)
        self.send_packed_command(self._command_packer.pack(*args))

    def pack_commands(self, commands: Any) -> Any:
        """Pack several, and remember how many answers there will be."""
        commands = list(commands)
        self._count, self._names = len(commands), " ".join(map(self._server_name, commands))
        return super().pack_commands(commands)

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        """A step: let others go first, and then let happen what the world says."""
        packed = [command] if isinstance(command, str | bytes) else list(command)
        fate = self._server.world.call(self._names)
        if self.cut and fate is Fate.DONE:
            self.cut = False
            fate = Fate.REFUSED
        if fate in (Fate.DONE, Fate.LOST, Fate.SILENT):
            self._answers.extend(self._server.execute(packed, self._count))
        if fate in (Fate.LATE, Fate.CUT_LATE):
            self._server.delay(self._names, packed, self._count)
        if fate in (Fate.REFUSED, Fate.LOST, Fate.CUT_LATE):
            self._answers.clear()
            raise RedisConnectionError(fate.value)
        if fate is not Fate.DONE:
            self._answers.clear()
            self._server.world.sleep(5)
            raise RedisTimeoutError(fate.value)

    def read_response(self, *args: Any, **options: Any) -> Any:
        """The next answer."""
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _server_name(self, command: Sequence[Any]) -> str:
        name = str(command[0])
        return self._server.script_names[str(command[1])] if name == "EVALSHA" else name
