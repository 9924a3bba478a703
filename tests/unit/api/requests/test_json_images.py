"""JSON that would take far more memory than its bytes."""

import pytest

from api.requests.json_images import parse_json
from contracts.errors import NotJson
from support.memory import traced_memory


@pytest.mark.parametrize("part", [b"{}", b"[]", b'"a"'])
def test_a_crowd_of_small_parts_is_refused_before_it_is_built(part: bytes) -> None:
    body = b"[" + b",".join([part] * 300_000) + b"]"
    with traced_memory() as memory, pytest.raises(NotJson, match="more than 50,000"):
        parse_json(body)
    assert memory.peak < 1_000_000


def test_a_hundred_images_as_lists_of_bytes_are_not_a_crowd() -> None:
    assert len(parse_json(b"[" + b",".join([b"[255,216,255]"] * 100) + b"]")) == 100


def test_a_list_of_more_numbers_than_can_be_read_at_once_is_refused() -> None:
    with pytest.raises(NotJson, match="base64"):
        parse_json(b"[" + b"1," * 600_001 + b"1]")


@pytest.mark.parametrize("number", [b"0", b"257", b"1.5", b"1e1"])
def test_no_list_of_numbers_takes_more_than_any_body_may(number: bytes) -> None:
    body = b"[" + b",".join([number] * (9_990_000 // (len(number) + 1))) + b"]"
    with traced_memory() as memory, pytest.raises(NotJson, match="base64"):
        parse_json(body)
    assert memory.peak < 1_000_000
    body = b"[" + b",".join([number] * 600_000) + b"]"
    with traced_memory() as memory:
        parse_json(body)
    assert memory.peak < 32_000_000
