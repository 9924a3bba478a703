"""How networks compare, from what was counted."""

import pytest

from contracts.networks import NetworkRecord
from operate.networks.showing import Networks, as_text, as_values, compared
from support.factories import make_worker_report

COUNTED = {
    'mien_network_images_total{network="a"}': 10,
    'mien_network_faces_total{emotion="Sad",network="a"}': 3,
    'mien_network_faces_total{emotion="Happy",network="a"}': 1,
    'mien_network_confidence_total{network="a"}': 3,
    'mien_network_classify_seconds_total{network="a"}': 0.02,
    'mien_network_shadow_images_total{network="b",outcome="failed"}': 2,
    'mien_network_shadow_total{agrees="true",answered_by="a",network="b"}': 3,
    'mien_network_shadow_total{agrees="false",answered_by="c",network="b"}': 1,
    "mien_images_analyzed_total": 99,
}


def test_counters_become_ratios_by_network() -> None:
    found = compared(COUNTED)
    assert list(found) == ["a", "b"]
    assert found["a"] == pytest.approx(
        {
            "images": 10,
            "faces": 4,
            "confidence": 0.75,
            "classify_ms": 2,
            "shadow_images": 0,
            "shadow_dropped": 0,
            "shadow_failed": 0,
            "shadow_faces": 0,
            "shadow_agrees": None,
        }
    )
    assert (found["b"]["shadow_agrees"], found["b"]["shadow_failed"], found["b"]["confidence"]) == (0.75, 2, None)


def test_a_worker_without_networks_and_nothing_counted_can_be_shown() -> None:
    found = Networks(NetworkRecord(), [make_worker_report("faces", model="none")], {})
    assert as_values(found)["workers"][0]["networks"] == {}
    assert "faces   host-1  -             reads no expressions" in as_text(found)
