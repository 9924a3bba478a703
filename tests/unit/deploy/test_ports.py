"""Ports that are taken are found out before anything starts."""

import socket

import pytest

from contracts.errors import ConfigurationError
from deploy.ports import check_ports, free_port


def test_free_ports_pass() -> None:
    check_ports("127.0.0.1", {"MIEN_PORT": free_port(), "MIEN_FLOWER_PORT": free_port()})


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
