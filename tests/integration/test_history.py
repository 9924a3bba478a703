"""A camera with a history, from capture to the gateway's answer."""

from pathlib import Path

import requests

from support.clocks import WaitFor
from support.processes import StartGateway, StartProcess, StartWorkers

REGISTRY = """
[[camera]]
name = "hall"
source = "demo"
fps = 5
history_s = 600
baseline = true

[[camera]]
name = "yard"
source = "demo"
fps = 5
"""


def test_a_camera_has_a_history_if_its_entry_asks_for_one(
    start_process: StartProcess,
    start_workers: StartWorkers,
    start_gateway: StartGateway,
    tmp_path: Path,
    wait_for: WaitFor,
) -> None:
    registry = tmp_path / "cameras.toml"
    registry.write_text(REGISTRY)
    start_workers()
    start_process("capture", cameras=registry)
    _, port = start_gateway()
    url = f"http://127.0.0.1:{port}/v1/cameras"

    def lasting() -> list[object]:
        people = requests.get(f"{url}/hall/history", timeout=30).json().get("people", [])
        return [person for person in people if person["seen_s"] >= 1]

    (person, *_) = wait_for(lasting, "a person who was seen for a second")
    assert isinstance(person, dict)
    assert person["spans"][0]["emotion"] == "Happy", "the portrait smiles"
    assert ",Happy," in requests.get(f"{url}/hall/history?format=csv", timeout=30).text
    assert "<v Person 1>Happy" in requests.get(f"{url}/hall/history?format=vtt", timeout=30).text
    assert requests.get(f"{url}/yard/history", timeout=30).status_code == 404
