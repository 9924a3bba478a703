"""Names that producers and consumers share."""

import ssl

from celery import Celery

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


def test_sentinels_are_written_as_kombu_and_flower_read_them() -> None:
    url = "sentinel://mien:p%40ss@a,b:26380,[::1]:1/main/2?ssl=true&ssl_ca_certs=/ca.pem&sentinel_password=s"
    options = broker_options(Settings(redis_url=url))
    assert options["broker_url"] == ";".join(
        f"sentinel://mien:p%40ss@{place}/2" for place in ("a:26379", "b:26380", "[::1]:1")
    )
    assert options["broker_use_ssl"]["ssl_cert_reqs"] is ssl.CERT_REQUIRED
    transport = options["broker_transport_options"]
    assert transport["master_name"] == "main"
    assert transport["sentinel_kwargs"]["password"] == "s"
    assert transport["sentinel_kwargs"]["ssl_ca_certs"] == "/ca.pem"


def test_the_password_of_sentinels_is_not_told_by_a_worker_that_is_asked_for_its_configuration() -> None:
    app = Celery("mien", set_as_current=False)
    app.conf.update(broker_options(Settings(redis_url="sentinel://:secret@a,b/main?sentinel_password=secret")))
    told = app.conf.table(with_defaults=False, censored=True)
    assert "secret" not in str(told)
    app.close()
