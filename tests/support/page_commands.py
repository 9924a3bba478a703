"""Every command that README.md, docs/running.md and docs/operations.md show, and what tries it.

``make docs-check`` runs those that are `Run` or `Start`, in the order of the pages, against a system of its own
(`support.docs_check`); of the others it stands here which test runs them, or why that cannot be done.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = ("README.md", "docs/running.md", "docs/operations.md")

_BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SPAN: Final = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_BEGINS: Final = re.compile(
    r"(MIEN_\w+=\S* )*(make|mien|python3?|\.venv/bin/\w+|docker|curl|kill|sudo|git|redis-cli|ulimit|kubectl) "
)
_COMMENT: Final = re.compile(r"\s+# .*$")


class Run(NamedTuple):
    """Run by ``make docs-check``."""

    instead: str = ""
    """What is run in its place: with a real id for ``JOB_ID``, say. Fields in braces are what the check knows."""
    says: str = ""
    """What has to stand in its output."""


class Start(NamedTuple):
    """A system that ``make docs-check`` starts, waits for, and stops; the first one stays until all has been run."""

    instead: str = ""
    says: str = "Mien is ready."


class ByTest(NamedTuple):
    """Run by a test."""

    test: str
    """Path of the module, and the name of the test."""
    why: str = ""


class Elsewhere(NamedTuple):
    """Cannot be run by ``make docs-check``."""

    why: str
    where: str
    """The file that shows what was tried in its place."""


Trial = Run | Start | ByTest | Elsewhere


def commands(text: str) -> Iterator[str]:
    """The commands of a page, in order: lines of blocks of ``sh``, and commands within sentences."""
    place = 0
    for block in _BLOCK.finditer(text):
        yield from _spans(text[place : block.start()])
        if block[1] == "sh":
            yield from _lines(block[2])
        place = block.end()
    yield from _spans(text[place:])


def all_commands() -> list[str]:
    """The commands of all pages, each once, where it stands first."""
    return list(dict.fromkeys(found for page in PAGES for found in commands((ROOT / page).read_text(encoding="utf-8"))))


def _lines(block: str) -> Iterator[str]:
    for line in block.replace("\\\n", " ").splitlines():
        command = _COMMENT.sub("", f" {line}").strip()
        if command:
            yield " ".join(command.split())


def _spans(text: str) -> Iterator[str]:
    for span in _SPAN.findall(text):
        if _BEGINS.match(span):
            yield span


_FAULTS: Final = "tests/faults"
_MAKE_UP: Final = "tests/integration/test_make_up.py"
_NETWORKS: Final = "tests/integration/test_networks.py"
_OF_LAST_RELEASE: Final = "tests/integration/test_backup_of_last_release.py"
_ROLES: Final = ByTest("tests/integration/test_command_lines.py::test_help_is_printed_and_nothing_starts")

_BY_DOCKER: Final = Elsewhere("there is no container engine here", "tests/deploy/test_compose.py")
_BY_SYSTEMD: Final = Elsewhere("there is no systemd that runs here", "tests/deploy/test_systemd.py")
COMMANDS: Final[dict[str, Trial]] = {
    # README.md
    "git clone <this repository> mien && cd mien": Run("git clone --quiet {root} {folder}/clone && cd {folder}/clone"),
    "make up": Start(),
    "curl -s -H 'Content-Type: image/jpeg' --data-binary @photo.jpg http://127.0.0.1:5000/detect_emotion": Run(
        "curl -s -H 'Content-Type: image/jpeg' --data-binary @photo.jpg http://127.0.0.1:{port}/detect_emotion",
        says='"emotion":"Happy"',
    ),
    "make up WORKERS=2": ByTest(f"{_MAKE_UP}::test_one_command_runs_everything_heals_and_leaves_nothing"),
    "make secrets": ByTest("tests/unit/deploy/test_secrets.py"),
    "make secrets && docker compose up --build --scale worker=4": Elsewhere(
        "there is no container engine here", "tests/deploy/test_compose.py"
    ),
    ".venv/bin/python -m training --help": Run(says="usage: python -m training"),
    "make help": Run(says="docs-check"),
    "make test": Elsewhere("it is what runs all tests", ".ci/run"),
    # docs/running.md
    "make up RUNTIME=keras": Elsewhere("it installs TensorFlow, and there is no GPU", "tests/deploy/test_makefile.py"),
    "MIEN_PORT=9000 MIEN_FLOWER_PORT=9001 make up": Start(says="http://127.0.0.1:9000/"),
    "MIEN_HOST=0.0.0.0 MIEN_REQUIRE_KEYS=true make up": Start(),
    "MIEN_ALLOWED_HOSTS=mien.example.com make up": Start(),
    "MIEN_TRUSTED_PROXIES=127.0.0.1 make up": Start(),
    "MIEN_REDIS_URL=redis://user:password@host:6379/0 make up": Start("MIEN_REDIS_URL={redis} make up"),
    "MIEN_FLOWER_PASSWORD=… make up": Start("MIEN_FLOWER_PASSWORD=of-my-own make up"),
    "make PYTHON=python3.12 up": Elsewhere("it needs another Python", "tests/deploy/test_makefile.py"),
    "make clean": Run("make clean VENV={folder}/no-venv STATE={folder}/no-state"),
    'python -m api keys create "the page" --scope live --scope analyze --scope operate': Run(says="mien_"),
    "make pictures": Elsewhere("it takes minutes, and a browser", "benchmarks/page_pictures.py"),
    "MIEN_CAMERAS=cameras.toml make up": Start(),
    "python -m api keys list": Run(says="the page"),
    "make up STATE=…": Start("make up STATE={folder}/of-its-own"),
    "python -m api": _ROLES,
    "python -m workers": _ROLES,
    "python -m capture": _ROLES,
    "python -m deploy.flower": _ROLES,
    "python -m deploy.health ROLE": Run("python -m deploy.health worker"),
    ".venv/bin/mien networks promote mien-3": Run(says="All workers work by it"),
    ".venv/bin/mien networks rollback": Run(says="All workers work by it"),
    ".venv/bin/mien networks clear": Run(says="All workers work by it"),
    "kill -9": ByTest(f"{_FAULTS}/test_killed_worker.py::test_jobs_survive_the_death_of_one_of_two_workers"),
    "MIEN_CAMERA_SOURCE=demo make up": Start(),
    "sudo sysctl vm.overcommit_memory=1": Elsewhere("it changes this machine", "operate/doctor/machine.py"),
    # docs/operations.md
    "make docs-check": Elsewhere("it is what runs the others", "tests/support/docs_check.py"),
    "mien --help": Run(says="Look after a running Mien."),
    "docker compose ps gateway": _BY_DOCKER,
    "docker compose ps redis frames": _BY_DOCKER,
    "docker compose restart gateway": _BY_DOCKER,
    "docker compose up -d --scale worker=4": _BY_DOCKER,
    "docker compose up -d capture": _BY_DOCKER,
    "docker compose up -d worker": _BY_DOCKER,
    "python -m operate": Run("python -m operate version", says="Mien "),
    "docker compose exec gateway mien doctor": _BY_DOCKER,
    "docker compose exec worker mien doctor": _BY_DOCKER,
    "mien doctor": Run("MIEN_PORT={port} MIEN_FLOWER_PORT={flower} mien doctor", says="workers      "),
    "mien queues": Run(says="interactive"),
    "mien webhooks dead": Run(says="job  given up (UTC)"),
    "mien keys audit --changes": Run(says='"event":"'),
    "mien networks rollback": ByTest(
        f"{_NETWORKS}::test_a_better_network_is_tried_promoted_and_taken_back_while_clients_go_on"
    ),
    "mien networks clear": Run(says="All workers work by it"),
    "mien networks show": ByTest(
        f"{_NETWORKS}::test_a_better_network_is_tried_promoted_and_taken_back_while_clients_go_on"
    ),
    "mien workers": Run(says="interactive,live,webhooks,bulk"),
    "mien doctor --json": Run("MIEN_PORT={port} MIEN_FLOWER_PORT={flower} mien doctor --json", says='"level": "ok"'),
    "mien queues --json": Run(says='"drained_s": null'),
    "mien queues pause bulk": Run(says="bulk is paused"),
    "mien queues resume bulk": Run(says="bulk is resumed"),
    "mien queues drain --timeout 10m": Run(says="All jobs have ended."),
    "mien queues accept": Run(says="Jobs were accepted already."),  # a page speaks of it before it tells to drain
    "mien jobs show JOB_ID": Run("mien jobs show {job}", says="succeeded"),
    "mien webhooks replay --all": Run(says="webhooks are tried again"),
    "mien backup night.backup": Run(says="night.backup"),
    "mien restore night.backup --check": Run(says="The file is sound"),
    "mien restore night.backup": Run("mien restore night.backup --merge", says="there already"),
    "mien restore night.backup --merge": Run(says="there already"),
    "redis-cli BGREWRITEAOF": Elsewhere(
        "the embedded server brings no redis-cli; the command is sent by a client",
        "tests/unit/contracts/storage/test_compaction.py",
    ),
    "redis-cli CONFIG SET maxmemory 4gb": Elsewhere(
        "the embedded server brings no redis-cli; the command is sent by a client", f"{_FAULTS}/test_full_broker.py"
    ),
    "redis-cli -p 6380 --askpass CONFIG SET maxmemory 4gb": _BY_SYSTEMD,
    "sudo systemctl set-property mien-redis.service MemoryMax=10G": _BY_SYSTEMD,
    "sudo systemctl edit mien-redis.service": _BY_SYSTEMD,
    "docker update --memory 10g --memory-swap 10g $(docker compose ps -q redis)": _BY_DOCKER,
    'docker compose exec redis sh -c \'REDISCLI_AUTH=$(sed -n "s/^requirepass //p" /run/secrets/redis.conf) '
    "redis-cli CONFIG SET maxmemory 4gb'": _BY_DOCKER,
    "(umask 077; docker compose exec -T gateway sh -c 'mien backup /tmp/b >&2 && cat /tmp/b; s=$?; rm -f /tmp/b; "
    "exit $s' > night.backup)": _BY_DOCKER,
    "docker compose exec -T gateway sh -c 'cat > /tmp/b && mien restore /tmp/b --check; s=$?; rm -f /tmp/b; exit $s' "
    "< night.backup": _BY_DOCKER,
    "docker compose exec -T gateway sh -c 'cat > /tmp/b && mien restore /tmp/b; s=$?; rm -f /tmp/b; exit $s' "
    "< night.backup": _BY_DOCKER,
    "docker compose run --rm --no-deps --volume /backups:/backups gateway "
    "mien backup /backups/night.backup": _BY_DOCKER,
    "mien erase --older-than 30m": Run(says="finished jobs are erased"),
    "mien restore": ByTest(
        "tests/integration/test_backup_and_restore.py::test_after_flushall_a_backup_brings_jobs_results_keys_and_webhooks_back"
    ),
    "kill -TERM": ByTest(f"{_FAULTS}/test_told_to_stop.py"),
    "mien jobs show": ByTest("tests/unit/operate/commands/test_jobs.py"),
    "make bench": Elsewhere("it takes minutes, and a quiet machine", "benchmarks/pipeline.py"),
    "make .venv/.installed-local": Elsewhere("it installs all libraries anew", "tests/integration/test_make_up.py"),
    "MIEN_REDIS_URL=redis://user:password@host:6379/0 .venv/bin/mien backup before.backup": ByTest(_OF_LAST_RELEASE),
    "IMAGE_PREFIX=mien IMAGE_TAG=next docker compose build gateway": _BY_DOCKER,
    "(umask 077; docker run --rm --network mien_default --volume "
    '"$PWD/secrets/mien_redis_url:/run/secrets/mien_redis_url:ro" '
    "mien-gateway:next sh -c 'mien backup /tmp/b >&2 && cat /tmp/b' > before.backup)": _BY_DOCKER,
    "docker run --rm --interactive mien-gateway:next sh -c 'cat > /tmp/b && mien restore /tmp/b --check' "
    "< before.backup": _BY_DOCKER,
    'docker run --rm --network mien_default --volume "$PWD/secrets/mien_redis_url:/run/secrets/mien_redis_url:ro" '
    '--volume "$PWD/secrets/mien_frame_redis_url:/run/secrets/mien_frame_redis_url:ro" mien-gateway:next '
    "mien doctor": _BY_DOCKER,
    "mien backup": ByTest("tests/unit/operate/commands/test_backup.py"),
    "python -m api keys": ByTest("tests/unit/api/test_cli.py"),
}
