"""Forms taken apart by `portal.posted` are those Django reads."""

from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest
from django.core.exceptions import TooManyFieldsSent
from django.core.handlers.wsgi import WSGIRequest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from portal.posted import PostedRequest, fields_of

BODIES = [
    b"",
    b"a=1&b=2&a=3",
    b"a&b=&=c&&d",
    b"a=b=c&d==",
    b"a=%3D%3d%25%0D%0a+%2B",
    b"a=%&b=%zz&c=%4",
    b"a=%FF%FE",
    b"a=\xd0\xb4\xd0\xb0",
    b"a=line\r\nbreak&b==\n",
    b"a=~!*'()_.-@:/?",
    urlencode({"text": "Дом № 5, «двор» — завтра.\r\nПодпись", "next": ""}).encode(),
]


def _request(kind: type[WSGIRequest], body: bytes, **environ: Any) -> WSGIRequest:
    return kind(
        {
            "REQUEST_METHOD": "POST",
            "wsgi.input": BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            **environ,
        }
    )


@pytest.mark.parametrize("body", BODIES)
def test_a_form_is_read_as_django_reads_it(body: bytes) -> None:
    mine, theirs = _request(PostedRequest, body), _request(WSGIRequest, body)
    assert mine.POST == theirs.POST
    assert mine.POST.urlencode() == theirs.POST.urlencode()
    assert mine.FILES == theirs.FILES
    with pytest.raises(AttributeError):
        mine.POST["a"] = "1"  # as unchangeable as Django's


@given(st.lists(st.tuples(st.text(), st.text())), st.binary())
def test_any_fields_come_out_as_they_went_in(fields: list[tuple[str, str]], noise: bytes) -> None:
    body = "&".join(
        f"{quote_plus(name, errors='replace')}={quote_plus(value, errors='replace')}"
        for name, value in fields
    ).encode()
    assert fields_of(body) == parse_qsl(body.decode(), keep_blank_values=True)
    read = fields_of(noise)
    if read is not None:
        assert read == parse_qsl(noise.decode(), keep_blank_values=True)


def test_too_many_fields_are_refused_all_the_same() -> None:
    with override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=3):
        assert len(_request(PostedRequest, b"a=1&b=2&c=3").POST) == 3
        with pytest.raises(TooManyFieldsSent):
            _request(PostedRequest, b"a=1&b=2&c=3&d=4").POST  # noqa: B018


def test_what_is_no_form_is_left_to_django() -> None:
    parts = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    asked = _request(PostedRequest, parts, CONTENT_TYPE="multipart/form-data; boundary=x")
    assert asked.POST["a"] == "1"
    assert not _request(PostedRequest, b"a=1", CONTENT_TYPE="application/json").POST
