"""Backups as files: written whole or not at all, and believed only when all of it is sound.

A file is gzip over lines of JSON: `Begin`, entries, `End`. It is readable by its owner only, since photos may be in it.
"""

import gzip
import hashlib
import os
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from pydantic import ValidationError
from pydantic_core import from_json

from contracts.backups import ENTRY, FORMAT, Begin, End, Entry
from contracts.errors import ConfigurationError

_LONGEST: Final = 200_000_000
"""Bytes of a line; the largest entry holds one image."""
_LEVEL: Final = 1
"""Photos do not get smaller; what base64 adds to them goes at any level."""


class BackupError(ConfigurationError):
    """A file is no backup that can be restored here, or cannot be written."""

    code = "backup_error"


class Sound(NamedTuple):
    """What is known of a backup that was read to its end."""

    begin: Begin
    counts: dict[str, int]
    """Kind → entries of it."""


@contextmanager
def writing(path: Path, begin: Begin) -> Iterator["BackupWriter"]:
    """Write a backup; the file is there once the block ends well, complete and on the disk.

    Raises:
        BackupError: there is such a file already, or it cannot be written.
    """
    if path.exists():
        raise BackupError(f"{path} is there already; no backup is overwritten. Choose another name.")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # readable by its owner only
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}.") from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            writer = BackupWriter(file, begin)
            yield writer
            writer.close()
            file.flush()
            os.fsync(file.fileno())
        _name(part, path)
    except FileExistsError as error:
        raise BackupError(f"{path} has come meanwhile; no backup is overwritten. Choose another name.") from error
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _name(part: Path, path: Path) -> None:
    """Give a complete file its name, on the disk as well, where the file system can do that.

    Raises:
        FileExistsError: another one has got it meanwhile.
    """
    try:
        os.link(part, path)  # a rename would overwrite
    except FileExistsError:
        raise
    except OSError:  # a file system without links, as on a USB stick
        part.rename(path)
    with suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class BackupWriter:
    """Writes lines, and what they come to."""

    def __init__(self, file: IO[bytes], begin: Begin) -> None:
        """Begin."""
        self._gzip = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=_LEVEL, mtime=0, filename="")
        self._hash = hashlib.sha256()
        self.counts = Counter[str]()
        self._line(begin.model_dump_json())

    def write(self, entry: Entry) -> None:
        """Add an entry."""
        self.counts[entry.kind] += 1
        self._line(entry.model_dump_json())

    def close(self) -> None:
        """Write the last line."""
        self._line(End(counts=dict(self.counts), sha256=self._hash.hexdigest()).model_dump_json())
        self._gzip.close()

    def _line(self, text: str) -> None:
        line = text.encode() + b"\n"
        self._hash.update(line)
        self._gzip.write(line)


def check(file: IO[bytes]) -> Sound:
    """Read a backup to its end, and put nothing anywhere.

    Raises:
        BackupError: it is none, newer than this Mien, damaged or cut short; the sentence says which.
    """
    counts = Counter[str]()
    begin = None
    for line in _read(file):
        if isinstance(line, Begin):
            begin = line
        else:
            counts[line.kind] += 1
    assert begin is not None  # noqa: S101 - `_read` gives it first
    return Sound(begin, dict(counts))


def entries(file: IO[bytes]) -> Iterator[Entry]:
    """The entries of a backup that was checked."""
    for line in _read(file):
        if not isinstance(line, Begin):
            yield line


def _read(file: IO[bytes]) -> Iterator[Begin | Entry]:
    file.seek(0)
    hashed, counts = hashlib.sha256(), Counter[str]()
    lines = _lines(file)
    first = next(lines, b"")
    yield _begin(first)
    hashed.update(first)
    for line in lines:
        if line.startswith(b'{"kind":"end"'):
            end = _parsed(End.model_validate_json, line)
            if end.sha256 != hashed.hexdigest() or end.counts != dict(counts) or next(lines, None) is not None:
                raise _damaged("its checksum does not fit what is in it")
            return
        entry = _parsed(ENTRY.validate_json, line)
        hashed.update(line)
        counts[entry.kind] += 1
        yield entry
    raise _damaged("it ends too early")


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
            while line := unpacked.readline(_LONGEST):
                yield line
    except gzip.BadGzipFile as error:
        raise BackupError(f"This is no backup of Mien, or damaged: {error}.") from error
    except (EOFError, zlib.error, OSError) as error:
        raise _damaged(str(error).rstrip(".") or "it cannot be read") from error


def _begin(line: bytes) -> Begin:
    try:
        told: Any = from_json(line)
        number = told["format"] if told["kind"] == "begin" else None
    except (ValueError, KeyError, TypeError):
        number = None
    if not isinstance(number, int):
        raise BackupError("This is no backup of Mien.")
    if number > FORMAT:
        raise BackupError(
            f"This backup has form {number}, made by Mien {told.get('mien')}; this one reads forms up to {FORMAT}. "
            "Restore it with that version, or a newer one."
        )
    begin: Begin = _parsed(Begin.model_validate_json, line)
    return begin


def _parsed(parse: Any, line: bytes) -> Any:
    try:
        return parse(line)
    except ValidationError as error:
        first, *_ = error.errors(include_url=False, include_context=False, include_input=False)
        raise _damaged(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _damaged(reason: str) -> BackupError:
    return BackupError(f"This backup is damaged, and nothing of it was restored: {reason}.")
