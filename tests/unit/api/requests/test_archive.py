"""Archives that lie: whatever they say of themselves, they cost no more than they may, and the error is a typed one."""

import io
import struct
import zipfile
import zlib
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from api.requests.archive import ArchiveImages
from benchmarks.fields import changed, extremes, fields
from contracts.errors import InvalidArchive, MienError
from contracts.queues import BULK
from contracts.storage.jobs import JobStore
from support.gateway import zipped
from support.memory import traced_memory

NAME = b"a.jpg"


def archive(
    data: bytes,
    size: int,
    *,
    method: int = 0,
    flags: int = 0,
    local_name: bytes = NAME,
    crc: int = 0,
    name: bytes = NAME,
) -> bytes:
    """A ZIP of one entry, with every field as told."""
    sizes = (crc, len(data), size)
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, flags & 0x800, method, 0, 0, *sizes, len(local_name), 0)
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, flags, method, 0, 0, *sizes, len(name), 0, 0, 0, 0, 0, 0)
    body, directory = local + local_name + data, entry + name
    return body + directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(directory), len(body), 0)


def images(data: bytes) -> list[bytes]:
    return list(ArchiveImages(io.BytesIO(data), max_images=100, max_bytes=50_000_000))


def test_an_entry_that_declares_less_than_it_unpacks_to_is_not_unpacked_beyond_that() -> None:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(deflate.compress(bytes(1_000_000)) for _ in range(100)) + deflate.flush()
    bomb = archive(packed, 10, method=zipfile.ZIP_DEFLATED, crc=zlib.crc32(bytes(10)))
    with traced_memory() as memory:
        assert images(bomb) == [bytes(10)]
    assert memory.peak < 5_000_000


def test_an_entry_is_held_against_its_checksum() -> None:
    assert images(archive(b"x", 1, crc=zlib.crc32(b"x"))) == [b"x"]
    with pytest.raises(InvalidArchive):
        images(archive(b"x", 1, crc=1))


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(archive(b"x", 1, flags=0x20), id="patch data"),
        pytest.param(archive(b"x", 1, flags=0x40), id="strong encryption"),
        pytest.param(archive(b"x", 1, flags=0x800, local_name=b"\xff\xfe"), id="a name that is not UTF-8"),
        pytest.param(archive(b"x", 5), id="less data than declared"),
    ],
)
def test_what_cannot_be_unpacked_is_a_typed_error(hostile: bytes) -> None:
    with pytest.raises(InvalidArchive):
        images(hostile)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_every_length_and_count_of_an_archive_may_hold_anything(method: int) -> None:
    sound = zipped({"a.jpg": b"first" * 200, "b/c.png": b"second" * 200}, method)
    hostile = [changed(sound, (field, value)) for field in fields(sound) for value in extremes(sound, field)]
    assert len(hostile) > 800
    assert images(sound) == [b"first" * 200, b"second" * 200]
    outcomes = set()
    with traced_memory() as memory:
        for data in hostile:
            try:
                outcomes.add(len(images(data)))
            except MienError as error:
                outcomes.add(error.code)
    assert outcomes <= {1, 2, "invalid_archive", "too_many_images", "empty_body"}
    assert {2, "invalid_archive"} <= outcomes
    assert memory.peak < 64_000_000


def test_files_that_share_their_bytes_are_refused() -> None:
    data = bytearray(zipped({"a.jpg": b"first", "b.jpg": b"other"}, zipfile.ZIP_STORED))
    second = data.rfind(b"PK\1\2")
    data[second + 42 : second + 46] = bytes(4)  # the second file's place: where the first one lies
    with pytest.raises(InvalidArchive, match="overlap"):
        images(bytes(data))


def test_a_second_directory_size_is_refused_before_that_directory_is_read() -> None:
    plain = archive(b"x", 1, crc=zlib.crc32(b"x"))
    end = len(plain) - 22
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, 0, 1)
    with pytest.raises(InvalidArchive, match="Zip64"):
        images(plain[:end] + locator + plain[end:])


def post_zip(client: FlaskClient, data: bytes, query: str = "") -> Any:
    return client.post(f"/v1/jobs{query}", data=data, content_type="application/zip")


def encrypted() -> bytes:
    data = bytearray(zipped({"a.jpg": b"secret"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def crowded_directory() -> bytes:
    """An archive whose end promises a directory of 400 MB."""
    data = bytearray(zipped({"a.jpg": b"x"}))
    end = data.rindex(b"PK\x05\x06")
    data[end + 12 : end + 16] = struct.pack("<I", 400_000_000)
    return bytes(data)


HOSTILE = {
    "a bomb": (zipped({"a.png": b"\0" * 60_000_000}, zipfile.ZIP_DEFLATED), 422, "invalid_archive", "50,000,000"),
    "paths upwards": (zipped({"../../etc/passwd": b"x"}), 422, "invalid_archive", "outside itself"),
    "a Windows path": (zipped({"C:\\x.jpg": b"x"}), 422, "invalid_archive", "outside itself"),
    "an absolute path": (zipped({"/etc/passwd": b"x"}), 422, "invalid_archive", "outside itself"),
    "encrypted": (encrypted(), 422, "invalid_archive", "encrypted"),
    "another method": (zipped({"a.jpg": b"x"}, zipfile.ZIP_LZMA), 422, "invalid_archive", "deflate"),
    "not a ZIP": (b"PK and then nothing", 422, "invalid_archive", "no ZIP"),
    "cut off": (zipped({"a.jpg": b"x" * 1_000})[:-30], 422, "invalid_archive", "no ZIP"),
    "damaged inside": (zipped({"a.jpg": b"x" * 999}).replace(b"xxx", b"yyy", 1), 422, "invalid_archive", "unpacked"),
    "a crowd": (zipped({f"{n}.jpg": b"x" for n in range(101)}), 413, "too_many_images", "101"),
    "a directory of 400 MB": (crowded_directory(), 413, "too_many_images", "entries"),
    "an entry without a name": (archive(b"x", 1, name=b"", local_name=b""), 422, "invalid_archive", "without a name"),
    "empty": (zipped({}), 400, "empty_body", "no files"),
    "only folders": (zipped({"a/": b"", "__MACOSX/a.jpg": b"x", ".DS_Store": b"x"}), 400, "empty_body", "no files"),
    "no body": (b"", 400, "empty_body", "no body"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_archive_is_refused(client: FlaskClient, jobs: JobStore, redis: Redis, case: str) -> None:
    data, status, code, words = HOSTILE[case]
    response = post_zip(client, data)
    assert (response.status_code, response.get_json()["code"]) == (status, code)
    assert words in response.get_json()["error"]
    assert (jobs.open_count(), jobs.open_bytes()) == (0, 0)
    assert redis.llen(BULK) == 0
