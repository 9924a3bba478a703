"""Forms that would be dear to parse are refused before they are; honest ones are read as werkzeug reads them."""

import io
from contextlib import closing
from typing import Any

import gevent
import pytest
from werkzeug.formparser import FormDataParser
from werkzeug.test import EnvironBuilder

from api.http.multipart import HEAD_BYTES, ShortHeadParser
from contracts.errors import MalformedRequest
from support.gateway import MakeApp

TYPE = "multipart/form-data; boundary=b"


@pytest.mark.parametrize("end", [b"", b"\r\n\r\nx\r\n--b--\r\n"], ids=["without an end", "with an end"])
def test_a_part_with_endless_headers_is_refused(make_app: MakeApp, end: bytes) -> None:
    headers = b"a: b\r\n" * 100_000
    body = b"--b\r\nContent-Disposition: form-data; name=image\r\n" + headers + end
    answer = make_app().test_client().post("/v1/jobs", data=body, content_type=TYPE)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "malformed_request")


def test_headers_are_refused_as_soon_as_they_are_too_long() -> None:
    body = io.BytesIO(b"--b\r\n" + b"a: b\r\n" * 1_000_000)
    with pytest.raises(MalformedRequest, match="bytes of headers"):
        ShortHeadParser().parse(body, "multipart/form-data", None, {"boundary": "b"})
    assert body.tell() <= 65_536 + HEAD_BYTES


@pytest.mark.parametrize("size", [0, 1, 70_000, 700_000])
def test_forms_are_read_as_werkzeug_reads_them(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"\r\n--" * (size % 256)
    fields = {"text": "ä" * size, "empty": "", "file": (io.BytesIO(data), "me.jpg", "image/jpeg"), "one": "1"}
    with closing(EnvironBuilder(method="POST", data=fields)) as builder:
        environ = builder.get_environ()
        with environ["wsgi.input"] as stream:
            sent = stream.read()
    read = list[Any]()
    for parser in (ShortHeadParser(), FormDataParser()):
        environ["wsgi.input"] = io.BytesIO(sent)
        _, form, files = parser.parse_from_environ(environ)
        with files["file"].stream as file:
            read.append((form, files["file"].filename, files["file"].content_type, file.read()))
    assert read[0] == read[1]
    assert read[0][0]["text"] == "ä" * size


def test_a_form_that_is_cut_off_is_as_empty_as_werkzeug_takes_it() -> None:
    cut = b"--b\r\nContent-Disposition: form-data; name=image\r\n\r\nabc"
    _, form, files = ShortHeadParser().parse(io.BytesIO(cut), "multipart/form-data", None, {"boundary": "b"})
    assert not form
    assert not files


def test_other_requests_are_served_while_a_form_is_read() -> None:
    data = b"\r\n--bx" * 200_000
    form = b"--b\r\nContent-Disposition: form-data; name=a; filename=a\r\n\r\n" + data + b"\r\n--b--\r\n"
    reading = gevent.spawn(ShortHeadParser().parse, io.BytesIO(form), "multipart/form-data", None, {"boundary": "b"})
    turns = 0
    while not reading.ready():
        gevent.sleep(0)
        turns += 1
    with reading.get()[2]["a"].stream as file:
        assert file.read() == data
    assert turns >= len(data) // 65_536
