"""The whole of Mien on one machine: ``python -m deploy.local``, which is what ``make up`` runs.

Checks the ports, starts embedded Redis servers unless ``MIEN_REDIS_URL`` names another one (one for jobs, which keeps
them in a file, and one for frames, which keeps them in memory only), then every line of ``Procfile.local``, and says
when all is ready. Ctrl-C and SIGTERM end everything, Redis last; a second one does not wait.
"""

import argparse
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType

from honcho.environ import parse_procfile

from contracts.errors import ConfigurationError
from contracts.local import BROKER_SOCKET, FRAMES_SOCKET, STATE, make_private, socket_folder, socket_url
from contracts.process import PROJECT, run_process
from contracts.settings import PREFIX, Settings
from contracts.unknown_settings import unknown_settings
from deploy.flower import new_password
from deploy.ports import check_ports, next_free_port
from deploy.readiness import Readiness, addresses, starting
from deploy.state import kept_secret, lock_folder
from deploy.supervisor import SupervisedProcess, stop_all
from deploy.terminal import Terminal
from deploy.valkey import explained, finish_file, frame_server_command, server_command, wait_for_server

ROOT = Path(__file__).parent.parent
_GRACE_S = 20.0
_REDIS_START_S = 60.0  # a long append-only file is read first


def main(argv: list[str] | None = None) -> int:
    """Run everything until a signal comes, or a process cannot start. Returns the exit status."""
    options = _parse(argv)
    stop, kill_now = threading.Event(), threading.Event()
    _handle_signals(stop, kill_now)
    return run_process(PROJECT, lambda settings: _run(settings, options, stop, kill_now))


def _with_free_port(settings: Settings) -> Settings:
    """Settings with the next free port, where the default one is taken and no other was asked for."""
    if "port" in settings.model_fields_set:
        return settings
    port = next_free_port(settings.host, settings.port, avoid={settings.flower_port})
    return settings.model_copy(update={"port": port})


def _run(settings: Settings, options: argparse.Namespace, stop: threading.Event, kill_now: threading.Event) -> None:
    wanted_port = settings.port
    settings = _with_free_port(settings)
    check_ports(settings.host, {"MIEN_PORT": settings.port, "MIEN_FLOWER_PORT": settings.flower_port})
    terminal = Terminal(sys.stdout, for_machines=settings.log_format == "json")
    wrong: list[str] = []

    def end_for_wrong_setting(sentence: str) -> None:
        wrong.append(sentence)
        stop.set()

    with ExitStack() as stack:
        if not os.environ.get(f"{PREFIX}REDIS_URL"):
            urls = stack.enter_context(_embedded_servers(options.data, terminal, stop, kill_now))
            if os.environ.get(f"{PREFIX}FRAME_REDIS_URL"):
                urls.pop("frame_redis_url")
            settings = settings.model_copy(update=urls)
        if stop.is_set():  # asked to end before there was anything to run
            return
        if not settings.flower_password:
            make_private(options.data / "secrets")
            password = kept_secret(options.data / "secrets/flower_password", new_password)
            settings = settings.model_copy(update={"flower_password": password})
        environment = _environment(settings)
        processes = [
            SupervisedProcess(name, command, environment, terminal.writer(name), on_wrong_setting=end_for_wrong_setting)
            for name, command in _commands(options.workers, options.gpus)
        ]
        stack.callback(stop_all, processes, _GRACE_S, kill_now)
        for process in processes:
            process.start()
        terminal.write("mien", starting(settings))
        Readiness(settings).wait(stop, lambda text: terminal.write("mien", text))
        if not stop.is_set():
            told = addresses(settings, wanted_port)
            terminal.write(PROJECT, told) if settings.log_format == "json" else terminal.show(told)
        while not stop.wait(1):
            pass
        terminal.write("mien", "Stopping. Ctrl-C once more does not wait for work in progress.")
    terminal.write("mien", "Stopped.")
    if wrong:
        raise ConfigurationError(wrong[0])


@contextmanager
def _embedded_servers(
    data: Path, terminal: Terminal, stop: threading.Event, kill_now: threading.Event
) -> Iterator[dict[str, str]]:
    """Setting → URL of servers of our own: one whose data lie in the folder and outlive it, one for frames."""
    with lock_folder(data):
        folder, sockets = data.resolve() / "redis", socket_folder(data)
        make_private(folder)
        make_private(sockets)
        broker, frames = sockets / BROKER_SOCKET, sockets / FRAMES_SOCKET
        servers = [
            SupervisedProcess("redis", server_command(broker, folder), os.environ, explained(terminal.writer("redis"))),
            SupervisedProcess(
                "frames", frame_server_command(frames), os.environ, explained(terminal.writer("frames"), overcommit="")
            ),
        ]
        urls = {"redis_url": socket_url(broker), "frame_redis_url": socket_url(frames)}
        for server in servers:
            server.start()
        try:
            for url in urls.values():
                wait_for_server(url, _REDIS_START_S, stop)
            yield urls
        finally:
            if not kill_now.is_set():
                finish_file(urls["redis_url"])
            for server in reversed(servers):
                stop_all([server], _GRACE_S, kill_now)
            with suppress(OSError):  # a server that was killed leaves its socket there
                sockets.rmdir()


def _commands(workers: int, gpus: str = "") -> list[tuple[str, list[str]]]:
    """Name and command of every process: the lines of Procfile.local, the worker's as often as asked for.

    Args:
        workers: how many of them.
        gpus: which GPUs get a worker each, from one process that looks after these; empty: none.
    """
    commands = []
    for name, command in parse_procfile((ROOT / "Procfile.local").read_text(encoding="utf-8")).processes.items():
        if name != "worker":
            commands.append((name, _argv(command)))
        elif gpus:
            commands.append((name, [*_argv(command), "--gpus", gpus]))
        else:
            commands += [(f"{name}.{number}", _argv(command)) for number in range(1, workers + 1)]
    return commands


def _argv(command: str) -> list[str]:
    """The command with this interpreter for ``python``, wherever the virtual environment lies."""
    program, *rest = shlex.split(command)
    return [sys.executable if program == "python" else program, *rest]


def _environment(settings: Settings) -> dict[str, str]:
    """The environment of all processes; without unknown settings, which this process has pointed out."""
    unknown = unknown_settings(os.environ)
    inherited = {name: value for name, value in os.environ.items() if name not in unknown}
    ours = {
        f"{PREFIX}REDIS_URL": settings.redis_url,
        f"{PREFIX}FRAME_REDIS_URL": settings.frame_redis_url,
        f"{PREFIX}PORT": str(settings.port),
        f"{PREFIX}FLOWER_PASSWORD": settings.flower_password,
        "PYTHONUNBUFFERED": "1",
    }
    return {**inherited, **ours}


def _handle_signals(stop: threading.Event, kill_now: threading.Event) -> None:
    def handle(_: int, __: FrameType | None) -> None:
        (kill_now if stop.is_set() else stop).set()

    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, handle)


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description="Run all of Mien on this machine.")
    parser.add_argument("--workers", type=_positive, default=1, metavar="N", help="how many workers (default: 1)")
    parser.add_argument(
        "--data", type=Path, default=STATE, metavar="DIR", help="where the embedded Redis keeps its data"
    )
    parser.add_argument(
        "--gpus",
        default="",
        metavar="all|N,…",
        help="run a worker on each of these GPUs, with MIEN_RUNTIME=keras (docs/gpu.md)",
    )
    options = parser.parse_args(argv)
    if options.gpus and options.workers > 1:
        parser.error("--gpus runs a worker a GPU; leave --workers out")
    return options


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one is needed")
    return number


if __name__ == "__main__":
    sys.exit(main())
