"""FER2013 reads the same from folders, a zip file and the table, and says what is wrong with it."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from contracts.emotions import EMOTIONS
from training.emotion.data import Fer2013, Split, fingerprint, hold_out, read_fer2013
from training.emotion.data.votes import CHOICES
from training.shared.errors import DataError


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


def write_votes(path: Path, split: Split) -> None:
    assert split.votes is not None
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Usage", "Image name", *CHOICES])
        rows.writerow(["Training", "", *[0] * len(CHOICES)])
        for name, votes in zip(split.names, split.votes, strict=True):
            rows.writerow(["Training", name, *map(int, votes)])


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


def test_a_missing_label_folder_is_named(folder: Path) -> None:
    shutil.rmtree(folder / "train" / "disgust")
    with pytest.raises(DataError, match="train/disgust"):
        read_fer2013(folder)


def test_a_missing_test_folder_is_named(folder: Path) -> None:
    shutil.rmtree(folder / "test")
    with pytest.raises(DataError, match="test/angry"):
        read_fer2013(folder)


def test_unreadable_images_are_counted_and_named(folder: Path) -> None:
    for number in range(7):
        (folder / "train" / "happy" / f"odd{number}.png").write_bytes(b"not an image" if number else b"")
    with pytest.raises(DataError, match=r"7 of 98 images .*train/happy/odd0\.png.*odd4\.png, …"):
        read_fer2013(folder)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["0", "1 2 3", "Training"], "line 2: 2304 pixels"),
        (["0", "a b", "Training"], "line 2: the pixels are not numbers"),
        (["7", " ".join(["0"] * 2304), "Training"], "line 2: '7' is not a label"),
        (["0", " ".join(["0"] * 2304), "Sometimes"], "line 2: unknown Usage"),
        (["0", " ".join(["0"] * 2304), "Training"], "empty split"),
    ],
)
def test_a_wrong_row_of_the_table_is_named(tmp_path: Path, row: list[str], message: str) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text("emotion,pixels,Usage\n" + ",".join(row) + "\n")
    with pytest.raises(DataError, match=message):
        read_fer2013(path)


def test_what_is_no_data_set_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    for name, message in (("nowhere", "no data set"), ("notes.txt", "none of"), ("other.csv", "emotion, pixels")):
        with pytest.raises(DataError, match=message):
            read_fer2013(tmp_path / name)


def test_a_table_without_votes_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("Usage,Image name\n")
    with pytest.raises(DataError, match="anger"):
        read_fer2013(folder, tmp_path / "v.csv")


def test_validation_takes_the_same_share_of_every_label(data: Fer2013) -> None:
    rest, held = hold_out(data.train, 0.2, seed=5)
    assert np.array_equal(np.bincount(held.labels), [2] * len(EMOTIONS))
    assert len(rest) + len(held) == len(data.train)
    assert not set(rest.names) & set(held.names)
    assert hold_out(data.train, 0.2, seed=5)[1].names == held.names
    assert hold_out(data.train, 0.2, seed=6)[1].names != held.names


def test_a_split_that_would_be_empty_is_refused(data: Fer2013) -> None:
    with pytest.raises(DataError, match="empty"):
        hold_out(data.train, 0.01, seed=1)
