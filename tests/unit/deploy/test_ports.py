"""Ports that are taken are found out before anything starts."""

import socket

import pytest

from contracts.errors import ConfigurationError
from deploy.ports import check_ports, free_port, next_free_port


def test_free_ports_pass() -> None:
    check_ports("127.0.0.1", {"MIEN_PORT": free_port(), "MIEN_FLOWER_PORT": free_port()})


def test_a_free_port_is_none_that_outgoing_connections_get() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert free_port() < client.getsockname()[1]


def test_a_taken_port_is_named_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Port {port} is taken by another program.*MIEN_FLOWER_PORT"):
            check_ports("127.0.0.1", {"MIEN_PORT": free_port(), "MIEN_FLOWER_PORT": port})


def test_two_settings_with_one_port_are_found_out() -> None:
    port = free_port()
    with pytest.raises(ConfigurationError, match=f"Port {port} is taken.*MIEN_FLOWER_PORT"):
        check_ports("127.0.0.1", {"MIEN_PORT": port, "MIEN_FLOWER_PORT": port})


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"MIEN_HOST=192\.0\.2\.1: this machine cannot listen there"):
        check_ports("192.0.2.1", {"MIEN_PORT": 5000})


def test_the_next_free_port_passes_over_taken_ones_and_those_meant_for_something_else() -> None:
    first, second, third = three_in_a_row()
    with first, second:
        port = first.getsockname()[1]
        third.close()
        assert next_free_port("127.0.0.1", port) == port + 2
        assert next_free_port("127.0.0.1", port, avoid={port + 2}) > port + 2
    assert next_free_port("127.0.0.1", port) == port


def three_in_a_row() -> list[socket.socket]:
    """Servers on three consecutive ports."""
    while True:
        held = [socket.create_server(("127.0.0.1", 0))]
        try:
            for step in (1, 2):
                held.append(socket.create_server(("127.0.0.1", held[0].getsockname()[1] + step)))
        except (OSError, OverflowError):  # the next one is taken, or there is none
            for server in held:
                server.close()
        else:
            return held


def test_where_nothing_can_listen_the_first_port_is_kept_for_the_sentence_about_it() -> None:
    assert next_free_port("192.0.2.1", 5000) == 5000
