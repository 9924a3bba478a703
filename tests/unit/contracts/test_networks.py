"""The plan of networks: its text, its limits, and who gets which network."""

from collections import Counter
from math import sqrt

import pytest
from pydantic import ValidationError

from contracts.jobs import new_job_id
from contracts.networks import (
    MAX_BOUND_KEYS,
    MAX_WEIGHT,
    NetworkPlan,
    Shadow,
    assign,
    format_weights,
    is_drawn,
    parse_weights,
)


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("", {}),
        (" ", {}),
        ("mien-4", {"mien-4": 1}),
        ("networks/mine.json", {"networks/mine.json": 1}),
        ("mien-4:7", {"mien-4": 7}),
        ("mien-3:90,mien-2:10", {"mien-3": 90, "mien-2": 10}),
        (" mien-3:90 , networks/mine.json:10 ", {"mien-3": 90, "networks/mine.json": 10}),
    ],
)
def test_names_are_read_with_their_weights(text: str, weights: dict[str, int]) -> None:
    assert parse_weights(text) == weights


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mien-3,mien-2", "each of several networks needs a weight, as mien-3:90"),
        ("mien-3:90,", "each of several networks needs a weight"),
        ("mien-3:90,:10", "a name is missing before :10"),
        ("mien-3:0", "the weight of mien-3 has to be a whole number from 1 to 1000000, not '0'"),
        ("mien-3:-1", "not '-1'"),
        ("mien-3:1.5", r"not '1\.5'"),
        ("mien-3:", "not ''"),
        ("mien-3:ten", "not 'ten'"),
        (f"mien-3:{MAX_WEIGHT + 1}", "from 1 to 1000000"),
        ("mien-3:90,mien-3:10", "mien-3 stands there twice"),
        ("a:1,b:1,c:1,d:1,e:1", "at most 4 networks, not 5"),
    ],
)
def test_a_text_that_is_no_plan_is_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_weights(text)


@pytest.mark.parametrize("text", ["mien-3", "mien-3:90,mien-2:10"])
def test_weights_are_written_as_they_are_read(text: str) -> None:
    assert format_weights(parse_weights(text)) == text


def test_a_plan_is_bounded_in_all_that_it_names() -> None:
    four = {"weights": {"a": 1, "b": 1}, "keys": {"k": "c"}, "shadow": {"network": "d", "share": 0.5}}
    assert NetworkPlan.model_validate(four).networks == {"a", "b", "c", "d"}
    for wrong, said in [
        (four | {"keys": {"k": "c", "l": "e"}}, "at most 4 networks"),
        ({"keys": {str(number): "a" for number in range(MAX_BOUND_KEYS + 1)}}, "at most 1000 keys"),
        ({"weights": {"a": 0}}, "greater than or equal to 1"),
        ({"weights": {"../a": 1}}, "match pattern"),
        ({"shadow": {"network": "a", "share": 0}}, "greater than 0"),
        ({"shadow": {"network": "a", "share": 1.1}}, "less than or equal to 1"),
    ]:
        with pytest.raises(ValidationError, match=said):
            NetworkPlan.model_validate(wrong)


@pytest.mark.parametrize("weights", [{"a": 90, "b": 10}, {"a": 1, "b": 1, "c": 2}, {"a": 999, "b": 1}])
def test_each_network_gets_its_share_of_jobs(weights: dict[str, int]) -> None:
    count, total = 20_000, sum(weights.values())
    found = Counter(assign(weights, new_job_id()) for _ in range(count))
    for name, weight in weights.items():
        share = weight / total
        assert abs(found[name] / count - share) < 5 * sqrt(share * (1 - share) / count), "five standard errors"


def test_a_job_keeps_its_network_and_changes_it_only_where_weights_ask_for_it() -> None:
    before, after = {"a": 90, "b": 10}, {"b": 20, "a": 80}
    jobs = [new_job_id() for _ in range(5_000)]
    first = [assign(before, job) for job in jobs]
    assert first == [assign(dict(reversed(before.items())), job) for job in jobs], "whatever the order of the plan"
    changed = Counter(zip(first, (assign(after, job) for job in jobs), strict=True))
    assert changed["b", "a"] == 0, "b only gains"
    assert 0.07 < changed["a", "b"] / len(jobs) < 0.13, "as many as the weights ask for, and no others"


def test_a_network_alone_has_everything() -> None:
    assert {assign({"a": 7}, str(number)) for number in range(100)} == {"a"}


def test_the_images_for_the_shadow_are_the_same_each_time() -> None:
    images = [f"job/{number}" for number in range(10_000)]
    drawn = [image for image in images if is_drawn(image, 0.1)]
    assert 850 < len(drawn) < 1150
    assert drawn == [image for image in images if is_drawn(image, 0.1)]
    assert all(is_drawn(image, 0.2) for image in drawn), "a greater share has them, too"
    assert all(is_drawn(image, 1) for image in images)


def test_a_shadow_names_its_network() -> None:
    assert Shadow(network="a", share=1).network == "a"
