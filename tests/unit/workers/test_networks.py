"""A worker follows the plan of networks: it loads beside its work, changes between tasks, and keeps what it has."""

import gc
import json
import shutil
import weakref
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable, ConfigurationError
from contracts.jobs import Job, JobState, new_job_id
from contracts.networks import NetworkPlan, Shadow
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.connections import connect
from contracts.storage.networks import NetworkStore
from models import Analyzer, load_analyzer
from models.classification import Classifier, load_classifier
from models.runtimes import Acceleration
from models.weights import WEIGHTS
from support.clocks import ManualClock
from workers.networks import TRY_AGAIN_S, Networks, first_network
from workers.services import load_models


def job(client: str = "") -> Job:
    return Job(id=new_job_id(), state=JobState.RUNNING, queue="bulk", image_count=1, created_at=0, client=client)


@pytest.fixture
def store(redis: Redis) -> NetworkStore:
    return NetworkStore(redis)


@pytest.fixture
def following(analyzer: Analyzer, store: NetworkStore, clock: ManualClock) -> Callable[..., Networks]:
    """A worker's networks with these settings; it begins with the default network."""

    def make(**settings: Any) -> Networks:
        networks = Networks(analyzer, Settings(**settings), store, clock)
        networks.load_own()
        return networks

    return make


def put(store: NetworkStore, **plan: Any) -> int:
    """Set a plan. Returns its epoch."""
    return store.change(lambda _: NetworkPlan.model_validate(plan), "set", "test").epoch


def own_network(folder: Path, name: str = "mine-1", source: str = "mien-2") -> Path:
    """A network of one's own in a folder. Returns its file."""
    card = json.loads((WEIGHTS / f"{source}.json").read_text())
    shutil.copy(WEIGHTS / card["file"], folder / f"{name}.tflite")
    (folder / f"{name}.json").write_text(json.dumps(card | {"name": name, "file": f"{name}.tflite", "variants": {}}))
    return folder / f"{name}.tflite"


def test_several_networks_in_the_setting_share_the_work(following: Callable[..., Networks]) -> None:
    networks = following(model="mien-4:70,classic-1:30")
    with networks.held() as plan:
        jobs = [job() for _ in range(500)]
        found = Counter(plan.of_job(each).model_name for each in jobs)
        assert found.keys() == {"mien-4", "classic-1"}
        assert 100 < found["classic-1"] < 200
        assert [plan.of_job(each) for each in jobs] == [plan.of_job(each) for each in jobs], "also at another try"
        cameras = Counter(plan.of_camera(f"camera-{number}").model_name for number in range(100))
        assert 10 < cameras["classic-1"] < 50
    assert networks.report.serves == {"mien-4": 70, "classic-1": 30}
    assert networks.main_name == "mien-4"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("mien-4:1,mien-7:1", "There is no network named 'mien-7'"),
        (f"mien-4:1,{WEIGHTS}/mien-4.json:1", "MIEN_MODEL names the network mien-4 twice"),
    ],
)
def test_a_worker_does_not_start_with_a_setting_that_it_cannot_serve(
    following: Callable[..., Networks], model: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        following(model=model)


def test_the_first_network_of_the_setting_is_found_in_the_folder(tmp_path: Path) -> None:
    own_network(tmp_path)
    assert first_network(Settings()) == ""
    assert first_network(Settings(model="mine-1:3,mien-4:1", networks_folder=str(tmp_path))).endswith("mine-1.json")
    assert load_models(Settings(model="mine-1", networks_folder=str(tmp_path))).model_name == "mine-1"


def test_a_plan_that_is_set_wins_until_it_is_taken_back(
    following: Callable[..., Networks], store: NetworkStore
) -> None:
    networks = following()
    assert networks.follow() is False
    assert networks.report.plan_epoch == 0
    epoch = put(store, weights={"classic-1": 1})
    assert networks.follow() is True
    assert networks.follow() is False, "nothing has changed since"
    assert networks.report[:2] == (epoch, {"classic-1": 1})
    with networks.held() as plan:
        assert plan.of_job(job()).model_name == "classic-1"
    store.roll_back("test", lambda _: None)
    networks.follow()
    assert networks.report.serves == {"mien-4": 1}, "the setting's"


def test_a_plan_that_was_set_before_the_worker_started_holds_from_the_first_job_on(
    following: Callable[..., Networks], store: NetworkStore
) -> None:
    put(store, weights={"classic-1": 1})
    with following().held() as plan:
        assert plan.of_job(job()).model_name == "classic-1"


def test_no_job_is_begun_before_it_is_known_which_plan_is_set(analyzer: Analyzer) -> None:
    networks = Networks(analyzer, Settings(), NetworkStore(connect("redis://127.0.0.1:1/0", name="test")))
    with pytest.raises(BrokerUnavailable), networks.held():
        pass
    assert networks.report.serves == {"mien-4": 1}


def test_a_key_has_the_network_that_it_is_bound_to(following: Callable[..., Networks], store: NetworkStore) -> None:
    put(store, weights={"mien-4": 1}, keys={"0123456789ab": "classic-1"})
    with following().held() as plan:
        assert plan.of_job(job("0123456789ab")).model_name == "classic-1"
        assert plan.of_job(job("another")).model_name == "mien-4"
        assert plan.of_job(job()).model_name == "mien-4"


def test_work_that_was_begun_is_finished_as_it_was_begun_and_reported_until_then(
    following: Callable[..., Networks], store: NetworkStore
) -> None:
    networks = following()
    first = put(store, weights={"mien-4": 1})
    networks.follow()
    with networks.held() as before:
        second = put(store, weights={"classic-1": 1})
        assert networks.follow() is False, "it still works by the plan before"
        assert networks.report.plan_epoch == first
        with networks.held() as now:
            assert now.of_job(job()).model_name == "classic-1"
            assert before.of_job(job()).model_name == "mien-4", "what has been begun stays with its network"
        assert networks.report.plan_epoch == first
    assert networks.report.plan_epoch == second
    assert networks.follow() is True, "so that it is reported at once"


def test_a_network_that_no_plan_has_any_more_is_let_go_and_one_that_stays_is_not_loaded_again(
    following: Callable[..., Networks], store: NetworkStore
) -> None:
    networks = following()
    put(store, weights={"classic-1": 1, "mien-2": 1})
    networks.follow()
    with networks.held() as plan:
        kept, gone = plan.analyzers["mien-2"], weakref.ref(plan.analyzers["classic-1"])
    put(store, weights={"mien-2": 1})
    networks.follow()
    with networks.held() as plan:
        assert plan.analyzers == {"mien-2": kept}
    gc.collect()
    assert gone() is None, "its memory is free"


def test_all_networks_use_the_device_as_the_settings_say(
    following: Callable[..., Networks], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = list[Acceleration | None]()

    def load(*arguments: Any, **more: Any) -> Classifier:
        loaded.append(more.get("acceleration"))
        return load_classifier(*arguments, **more)

    monkeypatch.setattr("models.classification.load_classifier", load)
    following(model="mien-4:50,classic-1:50", runtime="keras", batch_images=1, precision="bfloat16")
    assert loaded == [Acceleration("bfloat16", 1, 0.0)]


def test_a_network_that_cannot_be_loaded_leaves_the_plan_before_in_force_and_is_told_and_tried_again(
    following: Callable[..., Networks],
    store: NetworkStore,
    tmp_path: Path,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = own_network(tmp_path)
    sound = file.read_bytes()
    networks = following(networks_folder=str(tmp_path))
    first = put(store, weights={"classic-1": 1})
    networks.follow()
    file.write_bytes(sound[:-1] + b"?")
    second = put(store, weights={"mine-1": 1})
    assert networks.follow() is True
    assert networks.report[:2] == (first, {"classic-1": 1})
    assert "mine-1.tflite is damaged" in networks.report.error
    assert networks.report.failed_epoch == second
    assert networks.follow() is False
    assert caplog.text.count("is damaged") == 1
    file.write_bytes(sound)
    assert networks.follow() is False, "not at once"
    clock.now += TRY_AGAIN_S
    assert networks.follow() is True
    assert networks.report == (second, {"mine-1": 1}, networks.report.offers, "", 0)


def test_a_plan_that_cannot_be_read_stops_no_worker_and_is_told_until_there_is_one_that_can(
    following: Callable[..., Networks], store: NetworkStore, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    redis.set(keys.NETWORKS, '{"epoch": "of another form"}')
    networks = following()
    for _ in range(2):
        with networks.held() as plan:
            assert plan.of_job(job()).model_name == "mien-4", "as MIEN_MODEL says"
        networks.follow()
    assert "cannot be read: epoch" in networks.report.error
    assert networks.report[:2] == (0, {"mien-4": 1})
    assert caplog.text.count("cannot be read") == 1
    redis.delete(keys.NETWORKS)
    epoch = put(store, weights={"classic-1": 1})
    assert networks.follow() is True
    assert networks.report[:2] == (epoch, {"classic-1": 1})
    assert networks.report.error == ""
    redis.set(keys.NETWORKS, b"damaged")
    assert networks.follow() is True
    assert networks.report[:2] == (epoch, {"classic-1": 1}), "the plan before stays"


def test_a_plan_that_failed_and_was_taken_back_is_no_error_any_more(
    following: Callable[..., Networks], store: NetworkStore
) -> None:
    networks = following()
    put(store, weights={"missing-1": 1})
    networks.follow()
    assert "no network named 'missing-1'" in networks.report.error
    store.roll_back("test", lambda _: None)
    networks.follow()
    assert networks.report.error == ""


def test_what_a_worker_offers_has_the_head_that_it_needs_and_lies_in_its_folders(
    following: Callable[..., Networks], tmp_path: Path
) -> None:
    networks = following(labels="people", networks_folder=str(tmp_path))
    assert "classic-1" not in networks.report.offers
    own_network(tmp_path, source="mien-4")
    assert {"mine-1", "mien-4"} <= set(networks.report.offers), "also one that has come since it started"


def test_a_worker_that_reads_no_emotions_follows_every_plan_and_loads_nothing(store: NetworkStore) -> None:
    settings = Settings(faces_only=True)
    networks = Networks(load_analyzer(faces_only=True), settings, store)
    networks.load_own()
    epoch = put(store, weights={"missing-1": 1})
    networks.follow()
    assert networks.report == (epoch, {"none": 1}, [], "", 0)
    with networks.held() as plan:
        assert plan.of_job(job()).model_name == "none"
        assert plan.shadow_of("image") is None


def test_a_share_of_the_images_has_a_shadow(following: Callable[..., Networks], store: NetworkStore) -> None:
    store.change(lambda _: NetworkPlan(shadow=Shadow(network="classic-1", share=0.25)), "shadow", "test")
    with following().held() as plan:
        found = [plan.shadow_of(f"image {number}") for number in range(400)]
        assert 60 < sum(each is not None for each in found) < 140
        assert {each.model_name for each in found if each} == {"classic-1"}
        assert plan.of_job(job()).model_name == "mien-4"
