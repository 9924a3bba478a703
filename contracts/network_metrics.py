"""Metrics of networks that work side by side, for `contracts.metrics`: names, and what each means."""

from typing import Final, Literal

Described = tuple[Literal["counter", "gauge"], str, tuple[str, ...]]
"""Kind, help and labels."""

NETWORK_IMAGES: Final = "mien_network_images_total"
NETWORK_FACES: Final = "mien_network_faces_total"
NETWORK_CONFIDENCE: Final = "mien_network_confidence_total"
NETWORK_CLASSIFY_SECONDS: Final = "mien_network_classify_seconds_total"
SHADOW_IMAGES: Final = "mien_network_shadow_images_total"
SHADOW_FACES: Final = "mien_network_shadow_total"
SHADOW_DISAGREED: Final = "mien_network_shadow_disagreed_total"
SHADOW_CONFIDENCE: Final = "mien_network_shadow_confidence_total"
SHADOW_DIFFERENCE: Final = "mien_network_shadow_confidence_difference_total"

_NETWORK: Final = ("network",)
_PAIR: Final = ("answered_by", "network")

COUNTED: Final[dict[str, Described]] = {
    NETWORK_IMAGES: ("counter", "Images and frames whose faces a network read for an answer, by network.", _NETWORK),
    NETWORK_FACES: ("counter", "Faces that it read, by network and emotion.", ("emotion", "network")),
    NETWORK_CONFIDENCE: ("counter", "Sum of the confidences of these readings, by network.", _NETWORK),
    NETWORK_CLASSIFY_SECONDS: ("counter", "Worker time for reading them, in seconds, by network.", _NETWORK),
    SHADOW_IMAGES: (
        "counter",
        "Images for the network in the shadow, by outcome: read, dropped (no time for it), failed.",
        ("network", "outcome"),
    ),
    SHADOW_FACES: (
        "counter",
        "Faces that a network in the shadow read after another's answer, by whether it agrees.",
        ("agrees", *_PAIR),
    ),
    SHADOW_DISAGREED: (
        "counter",
        "Those of these where it does not, by the emotion that was answered and that in the shadow.",
        ("answered", *_PAIR, "shadow"),
    ),
    SHADOW_CONFIDENCE: (
        "counter",
        "Sum of the confidences of the answers, and of the readings in the shadow.",
        (*_PAIR, "of"),
    ),
    SHADOW_DIFFERENCE: ("counter", "Sum of the differences of these confidences, without their signs.", _PAIR),
}
"""Of workers, which add to them in Redis."""

READ: Final[dict[str, Described]] = {
    "mien_network_share": ("gauge", "Part of the workers' threads that answers with a network, by network.", _NETWORK),
    "mien_network_plan_info": (
        "gauge",
        "Always 1: where the plan comes from (set, or MIEN_MODEL of each worker), and the network in the shadow.",
        ("shadow", "source"),
    ),
    "mien_network_plan_set_time_seconds": ("gauge", "When the plan was set, seconds since 1970; 0: none was.", ()),
    "mien_worker_networks": (
        "gauge",
        "Workers by what they do with the plan: serving, behind (changing to it), failed (they cannot load or read it "
        "and go on with the one before), unaware (of a version that follows none), none (they read no emotions).",
        ("state",),
    ),
}
"""Of the system, read from the plan and from workers' reports."""
