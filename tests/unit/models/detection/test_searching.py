"""Which passes a search asks for, and what it makes of their answers; the network is the test."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from models.detection import Detection
from models.detection.card import DetectorCard, Shape
from models.detection.decoding import Candidates
from models.detection.lite import NETWORK
from models.detection.searching import CHECKED, Pass, Searcher
from models.weights import load_weights

Answer = Callable[[Pass], Candidates | None]


@pytest.fixture(scope="module")
def card() -> DetectorCard:
    return load_weights(NETWORK, DetectorCard)[1]


@pytest.fixture
def searcher(card: DetectorCard) -> Searcher:
    return Searcher(card, card.min_score, effort=960)


def at(*boxes: tuple[float, float, float, float], score: float = 0.9) -> Candidates:
    """Candidates with these corners, in pixels of an input."""
    count = len(boxes)
    corners = np.array(boxes, np.float32).reshape(count, 4)
    return Candidates(corners, np.zeros((count, 5, 2), np.float32), np.full(count, score, np.float32))


def searched(searcher: Searcher, image: np.ndarray, answer: Answer, **how: bool) -> tuple[list[Detection], list[Shape]]:
    """Search to the end: the faces, and the inputs that were asked for."""
    asked = list[Shape]()

    def answers(passes: Sequence[Pass]) -> list[Candidates | None]:
        asked.extend(each.shape for each in passes)
        return [answer(each) for each in passes]

    search = searcher.search(image, **how)
    passes = next(search)
    while True:
        try:
            passes = search.send(answers(passes))
        except StopIteration as end:
            return end.value, asked


def blank(height: int, width: int) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


def test_an_image_of_usual_size_is_searched_once(searcher: Searcher, card: DetectorCard) -> None:
    found, asked = searched(searcher, blank(480, 640), lambda _: at((50, 60, 90, 110)))
    assert asked == [card.wide]
    (face,) = found
    assert face[:4] == pytest.approx(np.array([50, 60, 40, 50]) * 480 / 256, rel=0.01)


def test_a_large_image_is_searched_in_two_inputs_at_once(searcher: Searcher, card: DetectorCard) -> None:
    passes = next(searcher.search(blank(720, 1280)))
    assert [each.shape for each in passes] == [card.wide, card.fine_wide[0]]


def test_small_faces_have_an_image_searched_again(searcher: Searcher, card: DetectorCard) -> None:
    two = at((10, 10, 20, 22), (100, 10, 110, 22))
    _, asked = searched(searcher, blank(480, 640), lambda each: two if each.shape == card.wide else None)
    assert asked == [card.wide, card.fine_wide[0]]


@pytest.mark.parametrize("confirmed", [True, False])
def test_what_nobody_is_sure_of_is_looked_at_again_enlarged(
    searcher: Searcher, card: DetectorCard, confirmed: bool
) -> None:
    assert card.look_score is not None
    unsure = at((100, 60, 160, 130), score=card.look_score + 0.01)

    def answer(each: Pass) -> Candidates | None:
        if each.shape == card.wide:
            return unsure
        middle = np.array(each.fitted[::-1]) / 2
        reach = np.array([each.fitted[1] * 60 / 140, each.fitted[0] * 70 / 140]) / 2
        return at((*(middle - reach), *(middle + reach))) if confirmed else None

    found, asked = searched(searcher, blank(256, 352), answer)
    assert asked == [card.wide, card.square]
    assert len(found) == confirmed


@pytest.mark.parametrize(("count", "looks"), [(1, 1), (CHECKED, CHECKED), (CHECKED + 1, 0)])
def test_what_the_second_pass_alone_found_is_checked_unless_it_is_a_crowd(
    searcher: Searcher, card: DetectorCard, count: int, looks: int
) -> None:
    many = at(*((40 * number, 20, 40 * number + 20, 42) for number in range(count)))
    found, asked = searched(searcher, blank(720, 1280), lambda each: many if each.shape == card.fine_wide[0] else None)
    assert asked == [card.wide, card.fine_wide[0], *[card.square] * looks]
    assert len(found) == (0 if looks else count)  # looks at them show nothing


def test_a_face_that_was_there_a_moment_ago_needs_less(searcher: Searcher, card: DetectorCard) -> None:
    weak = at((50, 60, 90, 110), score=(card.keep_score + card.min_score) / 2)
    answer: Answer = lambda each: weak if each.shape == card.wide else None  # noqa: E731
    assert searched(searcher, blank(256, 352), answer)[0] == []
    assert len(searched(searcher, blank(256, 352), answer, keep=True)[0]) == 1


def test_a_pass_is_given_no_more_than_twice_the_pixels_of_its_input() -> None:
    asked = Pass.of(blank(3000, 4000), (256, 352))
    assert asked.image.shape == (375, 500, 3)
    assert asked.fitted == (256, 341)
    assert asked.scale == pytest.approx([4000 / 341, 3000 / 256])
