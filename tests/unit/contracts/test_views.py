"""Variants have names that can be read back, and rates that hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.views import DEFAULT, MOST_WIDTH, Variant, next_due


@given(st.builds(Variant, st.integers(0, MOST_WIDTH), st.integers(10, 95), st.integers(0, 60)))
def test_a_variant_is_read_back_from_its_name(variant: Variant) -> None:
    for each in (variant, variant._replace(boxes=False), variant._replace(blur=True)):
        assert Variant.parse(each.text) == each


@pytest.mark.parametrize(
    "text",
    ["", "1", "0.80.0.1", "9999.80.0.1.0", "0.99.0.1.0", "0.9.0.1.0", "0.80.61.1.0"],
)
def test_what_is_no_name_or_beyond_the_limits_is_none(text: str) -> None:
    assert Variant.parse(text) is None


def test_the_default_is_what_video_feed_shows_without_options() -> None:
    assert Variant(width=0, quality=80, fps=0, boxes=True, blur=False) == DEFAULT


def made(times: list[float], fps: int) -> list[float]:
    due, kept = 0.0, []
    for taken_at in times:
        following = next_due(due, taken_at, fps)
        if following is not None:
            kept.append(taken_at)
            due = following
    return kept


@given(
    st.lists(st.floats(0.001, 0.2), min_size=2, max_size=200),
    st.integers(1, 60),
)
def test_a_rate_is_never_exceeded_in_the_long_run(gaps: list[float], fps: int) -> None:
    times = [1_000_000.0 + sum(gaps[: i + 1]) for i in range(len(gaps))]
    kept = made(times, fps)
    assert len(kept) <= (kept[-1] - kept[0]) * fps + 2


def test_a_camera_with_uneven_frames_still_gets_its_rate() -> None:
    times = [1_000_000 + i / 15 + (0.012 if i % 2 else -0.012) for i in range(150)]
    assert len(made(times, 15)) == 150
    assert 45 <= len(made(times, 5)) <= 51


def test_all_pictures_are_made_without_a_rate_and_again_after_the_clock_was_put_back() -> None:
    assert made([5.0, 5.0, 4.0], 0) == [5.0, 5.0, 4.0]
    assert made([1_000_000.0, 10.0, 10.4, 11.1], 1) == [1_000_000.0, 10.0, 11.1]
