"""Files of backups: sound ones are read, and of all others it is said what is wrong, before anything is restored."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.backups import FORMAT, Begin, JobEntry, JobImages
from operate.archive import BackupError, check, entries, writing

BEGIN = Begin(format=FORMAT, id="b", made_at=1.0, mien="0.3.0", server="valkey 9.1", secrets=True, history=False)
ENTRIES = [
    JobImages(job="j", annotated=False, images=[("0", b"\xff\xd8\x00image")]),
    JobEntry(job="j", record=[("state", b"queued")], expires_at_ms=None),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.backup"
    with writing(path, BEGIN) as writer:
        for entry in ENTRIES:
            writer.write(entry)
    return path


def test_what_was_written_is_read(file: Path) -> None:
    with file.open("rb") as opened:
        assert check(opened) == (BEGIN, {"images": 1, "job": 1})
        assert list(entries(opened)) == ENTRIES


def lines(file: Path) -> list[bytes]:
    return gzip.decompress(file.read_bytes()).splitlines(keepends=True)


def damaged(file: Path, change: Callable[[list[bytes]], list[bytes]]) -> str:
    """What is said of the file once its lines are changed."""
    file.write_bytes(gzip.compress(b"".join(change(lines(file)))))
    with file.open("rb") as opened, pytest.raises(BackupError) as refused:
        check(opened)
    return str(refused.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda all_: all_[:-1], "it ends too early"),
        (lambda all_: [all_[0], *all_[2:]], "its checksum does not fit"),
        (lambda all_: [*all_, all_[1]], "its checksum does not fit"),
        (lambda all_: [all_[0].replace(b"0.3.0", b"0.3.1"), *all_[1:]], "its checksum does not fit"),
        (lambda all_: [all_[0], b'{"kind":"job"}\n', *all_[1:]], "job.job: Field required"),
        (lambda all_: [all_[0], b'{"kind":"new"}\n', *all_[1:]], "does not match any of the expected tags"),
        (lambda all_: [b"hello\n"], "This is no backup of Mien"),
        (lambda all_: [], "This is no backup of Mien"),
    ],
)
def test_a_file_that_was_changed_is_refused(
    file: Path, change: Callable[[list[bytes]], list[bytes]], said: str
) -> None:
    assert said in damaged(file, change)


def test_a_newer_form_is_refused_with_the_version_that_reads_it(file: Path) -> None:
    def newer(all_: list[bytes]) -> list[bytes]:
        return [json.dumps(json.loads(all_[0]) | {"format": FORMAT + 1, "mien": "9.0"}).encode() + b"\n"]

    assert damaged(file, newer).startswith(f"This backup has form {FORMAT + 1}, made by Mien 9.0; this one reads")


@pytest.mark.parametrize("keep", [10, -8, -1])
def test_a_file_that_was_cut_is_refused(file: Path, keep: int) -> None:
    file.write_bytes(file.read_bytes()[:keep])
    with file.open("rb") as opened, pytest.raises(BackupError, match="damaged"):
        check(opened)


def test_every_flipped_bit_is_found_or_changes_nothing(file: Path) -> None:
    """Some bits of gzip's header, such as the operating system's, mean nothing."""
    sound = file.read_bytes()
    for place in range(len(sound)):
        file.write_bytes(sound[:place] + bytes([sound[place] ^ 4]) + sound[place + 1 :])
        with file.open("rb") as opened:
            try:
                assert check(opened) == (BEGIN, {"images": 1, "job": 1})
            except BackupError:
                continue
        assert place < 10, f"byte {place} was changed and nobody noticed"


def test_a_text_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with (tmp_path / "text").open("rb") as opened, pytest.raises(BackupError, match="no backup of Mien, or damaged"):
        check(opened)


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), writing(tmp_path / "a", BEGIN):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_comes_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    with pytest.raises(BackupError, match="has come meanwhile"), writing(path, BEGIN):
        path.write_text("another's")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a.backup", "another's")]


def test_a_file_system_without_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    with writing(tmp_path / "a.backup", BEGIN):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["a.backup"]
