"""FER2013 reads the same from folders, a zip file and the table, with votes or without."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from support.training import write_votes
from training.shared.errors import DataError
from training.shared.fer2013 import Fer2013, Split, fingerprint, read_fer2013


def by_name(split: Split) -> dict[str, tuple[int, bytes]]:
    return {
        name: (int(label), image.tobytes())
        for name, label, image in zip(split.names, split.labels, split.images, strict=True)
    }


def write_table(path: Path, data: Fer2013) -> None:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["emotion", "pixels", "Usage"])
        for split, usage in (
            (data.train, "Training"),
            (data.public_test, "PublicTest"),
            (data.public_test, "PrivateTest"),
        ):
            for image, label in zip(split.images, split.labels, strict=True):
                rows.writerow([label, " ".join(map(str, image.ravel())), usage])


def test_folders_and_their_zip_file_read_alike(folder: Path, data: Fer2013) -> None:
    archive = Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name))
    for read in (read_fer2013(folder), read_fer2013(folder.parent / "fer"), read_fer2013(archive)):
        assert by_name(read.train) == by_name(data.train)
        assert by_name(read.public_test) == by_name(data.public_test)
        assert read.train.votes is None
        assert fingerprint(read) == fingerprint(data)


def test_the_table_reads_rows_in_order(tmp_path: Path, data: Fer2013) -> None:
    write_table(tmp_path / "fer2013.csv", data)
    for path in (tmp_path, tmp_path / "fer2013.csv"):
        read = read_fer2013(path)
        assert np.array_equal(read.train.images, data.train.images)
        assert np.array_equal(read.train.labels, data.train.labels)
        assert read.train.names[:2] == ("fer0000000.png", "fer0000001.png")
        assert read.private_test is not None
        assert len(read.private_test) == len(data.public_test)


def test_votes_lying_beside_the_data_are_joined_by_name(folder: Path, data: Fer2013) -> None:
    write_votes(folder / "fer2013new.csv", data.train)
    read = read_fer2013(folder)
    assert read.train.votes is not None
    assert data.train.votes is not None
    votes = dict(zip(data.train.names, data.train.votes, strict=True))
    assert all(np.array_equal(row, votes[name]) for name, row in zip(read.train.names, read.train.votes, strict=True))
    assert read.public_test.votes is not None
    assert not read.public_test.votes.any()


def test_votes_within_the_zip_file_and_given_apart(folder: Path, data: Fer2013, tmp_path: Path) -> None:
    apart = tmp_path / "votes.csv"
    write_votes(apart, data.train)
    assert read_fer2013(folder, apart).train.votes is not None
    shutil.copy(apart, folder / "fer2013new.csv")
    archive = Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name))
    assert read_fer2013(archive).train.votes is not None


def test_what_is_no_data_set_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    for name, message in (("nowhere", "no data set"), ("notes.txt", "none of"), ("other.csv", "emotion, pixels")):
        with pytest.raises(DataError, match=message):
            read_fer2013(tmp_path / name)
