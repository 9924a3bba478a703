"""Names that producers and consumers share."""

from contracts.queues import BULK, INTERACTIVE, JOB_QUEUES, LIVE, QUEUES, TASKS, WEBHOOKS, broker_options
from contracts.settings import Settings


def test_what_a_client_waits_for_comes_first_and_bulk_last() -> None:
    assert QUEUES == (INTERACTIVE, LIVE, WEBHOOKS, BULK)
    assert set(JOB_QUEUES) <= set(QUEUES)
    assert len(set(TASKS)) == len(TASKS)


def test_a_worker_takes_from_all_queues_in_their_order_by_default() -> None:
    assert Settings.model_fields["worker_queues"].default == ",".join(QUEUES)


def test_options_follow_the_settings_and_each_caller_gets_its_own() -> None:
    settings = Settings(redis_url="redis://broker:6379/0")
    options = broker_options(settings)
    assert options["broker_url"] == "redis://broker:6379/0"
    assert options["broker_transport_options"]["health_check_interval"] == 5
    options["broker_transport_options"]["health_check_interval"] = 1
    assert broker_options(settings)["broker_transport_options"]["health_check_interval"] == 5


def test_queues_keep_the_bare_names_that_scripts_push_to() -> None:
    assert broker_options(Settings())["broker_transport_options"]["priority_steps"] == [0]


def test_a_unix_socket_is_written_as_kombu_and_flower_read_it() -> None:
    def broker(url: str) -> object:
        return broker_options(Settings(redis_url=url))["broker_url"]

    assert broker("unix:///run/redis.sock") == "redis+socket:///run/redis.sock"
    assert broker("unix:///run/redis.sock?db=2") == "redis+socket:///run/redis.sock?virtual_host=2"
