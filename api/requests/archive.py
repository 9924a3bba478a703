"""Images in a ZIP, read one at a time; nothing is ever written to disk under a name from inside the archive.

Everything hostile is refused from the directory, before anything is unpacked: too many entries, too many bytes once
unpacked, encryption, and names that point outside (harmless here, and a sign of an archive to keep away from).
"""

import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePosixPath
from typing import IO, Final

from api.requests.names import file_name
from api.requests.offload import run_beside
from contracts.errors import EmptyBody, InvalidArchive, TooManyImages

_END: Final = b"PK\x05\x06"
_ZIP64: Final = b"PK\x06\x07"
_ZIP64_SIZE: Final = 20
_END_SIZE: Final = 22
_HEADER_SIZE: Final = 30
_LONGEST_COMMENT: Final = 65_535
_ENTRY_BYTES: Final = 1_024
"""Allowed for an entry of the directory, in which a name may be long."""
_OTHER_ENTRIES: Final = 200  # folders, and what file managers leave behind
_ENCRYPTED: Final = 0x1
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ArchiveImages:
    """The files of an archive in its own order, unpacked whenever they are iterated over."""

    def __init__(self, stream: IO[bytes], *, max_images: int, max_bytes: int) -> None:
        """Read the directory and refuse what cannot be used.

        Raises:
            InvalidArchive, TooManyImages, EmptyBody: with a sentence.
        """
        _check_directory_size(stream, max_images)
        try:
            self._archive = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise InvalidArchive("The ZIP archive is damaged.") from error
        self._check_overlap()
        self._entries = [entry for entry in self._archive.infolist() if _is_image(entry)]
        if not self._entries:
            raise EmptyBody("The ZIP archive has no files in it.")
        if len(self._entries) > max_images:
            raise TooManyImages(f"The archive has {len(self._entries)} files; {max_images} are allowed in one job.")
        if sum(entry.file_size for entry in self._entries) > max_bytes:
            raise InvalidArchive(f"Unpacked, the archive has more than the {max_bytes:,} bytes that are allowed.")

    @property
    def names(self) -> list[str | None]:
        """Names of the files, with their folders."""
        return [file_name(entry.filename) for entry in self._entries]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[bytes]:
        for entry in self._entries:
            yield run_beside(entry.file_size, self._unpacked, entry)

    def _check_overlap(self) -> None:
        """Refuse entries that share bytes: few could stand for many images. Pythons differ in what they refuse."""
        places = sorted((entry.header_offset, entry.compress_size) for entry in self._archive.infolist())
        places.append((self._archive.start_dir, 0))
        if any(start + _HEADER_SIZE + size > end for (start, size), (end, _) in pairwise(places)):
            raise InvalidArchive("The ZIP archive is damaged: files overlap in it.")

    def _unpacked(self, entry: zipfile.ZipInfo) -> bytes:
        try:
            with self._archive.open(entry) as file:
                # Never without a size: `zipfile` would unpack all there is, and only then look what was declared.
                return file.read(entry.file_size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            raise InvalidArchive(f"The archive is damaged: {entry.filename} cannot be unpacked.") from error


def _check_directory_size(stream: IO[bytes], max_images: int) -> None:
    """Refuse a directory that would cost memory to read: before `zipfile` reads it whole."""
    stream.seek(0, 2)
    size = stream.tell()
    stream.seek(max(0, size - _LONGEST_COMMENT - _END_SIZE))
    tail = stream.read()
    stream.seek(0)
    end = tail.rfind(_END)
    if end < 0 or end + _END_SIZE > len(tail):
        raise InvalidArchive("The data is no ZIP archive, or its end is missing.")
    if tail[max(0, end - _ZIP64_SIZE) : end].startswith(_ZIP64):  # states the directory's size anew, and is believed
        raise InvalidArchive("The archive is in the form for more than 4 GB (Zip64); send an ordinary one.")
    directory_bytes = int.from_bytes(tail[end + 12 : end + 16], "little")
    if directory_bytes > (max_images + _OTHER_ENTRIES) * _ENTRY_BYTES:
        raise TooManyImages(f"The archive has too many entries; {max_images} images are allowed in one job.")


def _is_image(entry: zipfile.ZipInfo) -> bool:
    """Whether the entry counts as an image: not a folder, and nothing hidden.

    Raises:
        InvalidArchive: the entry is encrypted, packed in an unusual way, or points outside.
    """
    if not entry.filename:  # `is_dir` looks at the last character
        raise InvalidArchive("The archive has an entry without a name.")
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in entry.filename:
        raise InvalidArchive("The archive names a file outside itself.")
    if entry.is_dir() or path.name.startswith(".") or "__MACOSX" in path.parts:
        return False
    if entry.flag_bits & _ENCRYPTED:
        raise InvalidArchive("The archive is encrypted.")
    if entry.compress_type not in _METHODS:
        raise InvalidArchive("The archive is packed with a method other than deflate.")
    return True
