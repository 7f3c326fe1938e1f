"""Servers that refuse, break off, or are none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.errors import (
    Denied,
    Failed,
    Full,
    NotFound,
    Protocol,
    StoreError,
    Unavailable,
    Unsupported,
    UserError,
)
from storage.s3 import S3Store
from storage.s3_endpoint import S3Endpoint, connect
from storage.store import digest

PAGE = b"a page"
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def answering(*answers: Answer) -> Iterator[tuple[S3Store, list[str]]]:
    """A server that gives ``answers`` in turn, the last for ever; and the methods it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            asked.append(self.command)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.close_connection = True
            answers[min(len(asked), len(answers)) - 1](self)

        do_GET = do_PUT = do_HEAD = handle_one

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        address = f"127.0.0.1:{server.server_address[1]}"
        endpoint = S3Endpoint(address, "key", "secret", secure=False)
        try:
            yield S3Store(endpoint, "bucket", pauses=(0, 0)), asked
        finally:
            server.shutdown()
            thread.join()


def status(
    number: int, body: str = "", kind: str = "application/xml", length: int | None = None
) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(number)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body) if length is None else length))
        request.end_headers()
        request.wfile.write(body.encode())

    return answer


def refusal(code: str, text: str = "") -> str:
    return f"<Error><Code>{code}</Code><Message>{text}</Message></Error>"


def break_off(_request: BaseHTTPRequestHandler) -> None:
    """No answer at all."""


def put(store: S3Store) -> bool:
    return store.put_once("obj/aa/one", PAGE, digest(PAGE)).existed


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (status(403, refusal("InvalidAccessKeyId")), Denied),
        (status(403, refusal("RequestTimeTooSkewed")), Denied),
        (status(403, "<html>proxy</html>", "text/html"), Denied),
        (status(404, refusal("NoSuchBucket")), Unavailable),
        (status(404, refusal("NoSuchKey")), NotFound),
        (status(507, "full", "text/plain"), Full),
        (status(500, refusal("InternalError", "No space left on device")), Full),
        (status(500, refusal("InternalError", "No writable volumes")), Full),
        (status(500, refusal("InternalError", "Quota exceeded")), Full),
        (status(500, refusal("InternalError")), Failed),
        (status(500, "<html>oops</html>", "text/html"), Failed),
        (status(503, refusal("SlowDown")), Unavailable),
        (status(502, "<html>bad gateway</html>", "text/html"), Unavailable),
        (status(501, refusal("NotImplemented")), Unsupported),
        (status(400, refusal("Whatever")), Protocol),
        (status(500, "<not xml"), Protocol),
        (status(418, "I am a teapot", "text/html"), Protocol),
        (status(200, PAGE.decode(), length=100), Failed),
        (break_off, Unavailable),
        (
            status(503, "<Error><Code>SlowDown</Code><Key>obj/quota exceeded</Key></Error>"),
            Unavailable,
        ),
    ],
)
def test_each_failure_is_one_of_ours_and_names_the_store(
    answer: Answer, kind: type[StoreError]
) -> None:
    with answering(answer) as (store, _asked):
        with pytest.raises(StoreError) as caught:
            store.read("obj/aa/one")
        assert type(caught.value) is kind
        assert str(store.describe()) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_an_answer_that_ends_early_tells_after_how_much() -> None:
    """So a rotten piece, always at the same place, is told apart from a broken connection."""
    with answering(status(200, PAGE.decode(), length=100)) as (store, asked):
        with pytest.raises(Failed) as caught, store.open("obj/aa/one") as opened:
            list(opened.chunks())
        assert caught.value.after == len(PAGE)
        assert len(asked) == 1, "whoever reads decides whether it is asked again"


def test_a_listing_that_is_no_xml_is_protocol() -> None:
    with answering(status(200, "hello")) as (store, _asked), pytest.raises(Protocol):
        list(store.iter_keys(""))


def test_before_bytes_are_sent_again_the_store_is_asked_whether_it_has_them() -> None:
    """A timeout after success must not make a second version (R3, R8)."""
    with answering(break_off, status(200, length=6)) as (store, asked):
        assert put(store)
        assert asked == ["PUT", "HEAD"]
    with answering(break_off, status(404), status(200)) as (store, asked):
        assert not put(store)
        assert asked == ["PUT", "HEAD", "PUT"]


def version(name: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        for head, value in (("x-amz-version-id", name), ("ETag", f'"{name}"')):
            request.send_header(head, value)
        request.send_header("Last-Modified", "Fri, 27 Nov 2026 08:00:00 GMT")
        request.send_header("Content-Length", "6")
        request.end_headers()

    return answer


def test_a_repair_whose_answer_was_lost_is_found_and_makes_no_second_version() -> None:
    def healed(store: S3Store) -> str | None:
        return store.put_healed("obj/aa/one", PAGE, digest(PAGE)).version_id

    with answering(version("bad"), break_off, version("good")) as (store, asked):
        assert healed(store) == "good"
        assert asked == ["HEAD", "PUT", "HEAD"]
    with answering(status(404), break_off, version("good")) as (store, asked):
        assert healed(store) == "good", "it was missing before"
    with answering(version("bad"), break_off, version("bad"), version("new")) as (store, asked):
        assert healed(store) == "new"
        assert asked.count("PUT") == 2


def test_a_server_that_takes_second_puts_is_asked_before_each() -> None:
    with answering(status(200, length=6), status(200)) as (store, asked):
        store._ask_first = True
        assert put(store)
        assert asked == ["HEAD"]
        assert not put(store.unaided())
        assert asked == ["HEAD", "PUT"]


def test_a_store_that_stays_down_is_given_up_after_three_tries() -> None:
    with answering(break_off) as (store, asked):
        with pytest.raises(Unavailable, match="see that it runs"):
            put(store)
        assert asked == ["PUT", "HEAD", "PUT", "HEAD", "PUT"]


def test_what_is_refused_is_not_tried_again() -> None:
    with answering(status(403, refusal("AccessDenied"))) as (store, asked):
        with pytest.raises(Denied):
            put(store)
        assert asked == ["PUT"]


def test_nobody_there(endpoint: S3Endpoint) -> None:
    store = S3Store(replace(endpoint, host="127.0.0.1:9"), "bucket", pauses=())
    with pytest.raises(Unavailable, match=r"bucket bucket at 127\.0\.0\.1:9"):
        store.check()


def test_the_wrong_secret_is_denied_and_never_shown(endpoint: S3Endpoint) -> None:
    wrong = replace(endpoint, secret_key="not-the-secret")
    with pytest.raises(Denied) as caught:
        S3Store(wrong, "bucket", pauses=()).ensure_bucket()
    assert "not-the-secret" not in str(caught.value) + repr(wrong)


def test_a_mistyped_bucket_is_told_and_not_made(endpoint: S3Endpoint) -> None:
    store = S3Store(endpoint, "mistyped-bucket", pauses=())
    for act in (store.check, lambda: put(store), lambda: store.read("obj/aa/one")):
        with pytest.raises(Unavailable, match="mistyped-bucket"):
            act()
    assert not connect(endpoint).bucket_exists("mistyped-bucket")


def test_a_bucket_may_be_made_twice(endpoint: S3Endpoint) -> None:
    for _ in range(2):
        S3Store(endpoint, "made-twice", pauses=()).ensure_bucket()
    assert connect(endpoint).get_bucket_versioning("made-twice").status == "Enabled"


def test_an_address_that_is_none_is_the_users_error() -> None:
    with pytest.raises(UserError, match="host:port"):
        S3Store(S3Endpoint("http://not an address", "key", "secret"), "bucket")
