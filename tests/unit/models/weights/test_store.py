"""A network is loaded only if its file is the one that its card describes."""

import json
import shutil
from pathlib import Path

import pytest

from contracts.errors import InvalidWeights
from models.classification import EmotionCard
from models.weights import WEIGHTS, Card, available, load_weights


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with a copy of the classic network."""
    for path in WEIGHTS.glob("classic-1.*"):
        shutil.copy(path, tmp_path)
    return tmp_path


def rewrite(folder: Path, **changes: object) -> None:
    path = folder / "classic-1.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("name", available("emotion"))
def test_every_shipped_network_is_whole(name: str) -> None:
    content, card = load_weights(name, EmotionCard)
    assert len(content) == card.size_bytes
    for variant, file in card.variants.items():
        assert len(load_weights(name, EmotionCard, variant=variant)[0]) == file.size_bytes


def test_a_flipped_bit_is_refused_by_name(copied: Path) -> None:
    _, card = load_weights("classic-1", EmotionCard, copied)
    damaged = bytearray((copied / card.file).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (copied / card.file).write_bytes(damaged)
    with pytest.raises(InvalidWeights, match=card.file):
        load_weights("classic-1", EmotionCard, copied)


def test_a_missing_file_is_named(copied: Path) -> None:
    _, card = load_weights("classic-1", EmotionCard, copied)
    (copied / card.file).unlink()
    with pytest.raises(InvalidWeights, match=card.file):
        load_weights("classic-1", EmotionCard, copied)


def test_an_unknown_name_and_an_unknown_form_are_named(copied: Path) -> None:
    with pytest.raises(InvalidWeights, match="classic-9"):
        load_weights("classic-9", EmotionCard, copied)
    with pytest.raises(InvalidWeights, match="float8"):
        load_weights("classic-1", EmotionCard, copied, variant="float8")


def test_an_unknown_name_is_answered_with_the_known_ones_of_its_task(copied: Path) -> None:
    with pytest.raises(InvalidWeights) as raised:
        load_weights("foo", EmotionCard, copied)
    assert str(raised.value).endswith(f"Choose one of {', '.join(available('emotion', copied))}.")


def test_a_card_may_be_given_by_path(copied: Path) -> None:
    _, card = load_weights(str(copied / "classic-1.json"), EmotionCard, Path("nowhere"))
    assert card.name == "classic-1"


def test_a_card_cannot_lead_out_of_its_folder(copied: Path) -> None:
    rewrite(copied, file="../secret")
    with pytest.raises(InvalidWeights, match=r"classic-1\.json.*file"):
        load_weights("classic-1", EmotionCard, copied)


def test_an_unknown_field_of_a_card_is_named(copied: Path) -> None:
    rewrite(copied, colour="blue")
    with pytest.raises(InvalidWeights, match="colour"):
        load_weights("classic-1", EmotionCard, copied)


def test_networks_are_listed_by_task(copied: Path) -> None:
    assert available("emotion", copied) == ("classic-1",)
    assert available("detection", copied) == ()


def test_an_emotion_network_is_no_detector(copied: Path) -> None:
    rewrite(copied, task="detection")
    with pytest.raises(InvalidWeights, match="task"):
        load_weights("classic-1", EmotionCard, copied)
    assert issubclass(EmotionCard, Card)
