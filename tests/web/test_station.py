import hashlib
from collections.abc import Callable

from fastapi.testclient import TestClient

from catalog.streams import DeliveredStream
from flows.parts import Parts
from pipeline.staff import Role
from tests.flows.conftest import DAY, booked
from tests.web.conftest import Visitor
from web.surroundings import Surroundings

AT = f"/station/3301/{DAY}"
SCAN = {"content-type": "application/octet-stream", "accept": "application/json"}


def send(client: TestClient, name: str, content: bytes, sha256: str | None = None) -> int:
    digest = sha256 or hashlib.sha256(content).hexdigest()
    query = {"batch": "1", "name": name, "sha256": digest}
    return client.put(f"{AT}/scans", params=query, content=content, headers=SCAN).status_code


def take_in(site: Surroundings, client: TestClient) -> dict:  # type: ignore[type-arg]
    with site.intake.working():
        pass  # whatever was asked for is done when the block is left
    return client.get(f"{AT}/arrivals", params={"batch": "1"}).json()  # type: ignore[no-any-return]


def test_what_is_sent_arrives_with_its_verdict(
    site: Surroundings, visitor: Visitor, voucher: Callable[[int], bytes]
) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    assert send(client, "0001.jpg", voucher(1)) == 201
    assert send(client, "子目录/0002.jpg", b"no picture at all") == 201
    found = take_in(site, client)
    assert {page["name"]: page["state"] for page in found["pages"]} == {
        "0001.jpg": "admitted",
        "子目录/0002.jpg": "refused",
    }
    refused = next(page for page in found["pages"] if page["state"] == "refused")
    assert refused["findings"]
    assert (found["waiting"], found["busy"], found["fault"]) == (0, False, None)
    admitted = next(page for page in found["pages"] if page["state"] == "admitted")
    picture = client.get(f"/pages/{admitted['id']}/thumbnail")
    assert picture.content.startswith(b"\xff\xd8\xff")
    assert client.get(f"{AT}/pages/{admitted['id']}").status_code == 200
    assert "0002.jpg" in client.get(AT).text


def test_what_arrives_otherwise_than_it_was_sent_is_not_kept(
    site: Surroundings, visitor: Visitor
) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    assert send(client, "0001.jpg", b"cut off", "0" * 64) == 422
    assert send(client, "large.jpg", bytes(2 << 20)) == 422
    kept = [path for path in site.intake.uploads.folder.rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [".batch.json"]  # what the batch is, and no file of it


def test_names_that_lead_elsewhere_are_refused(visitor: Visitor) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    for name in ("../x.jpg", "/etc/passwd", "a/../../x.jpg", ".hidden", "a\x00.jpg", "", "..\\x"):
        assert send(client, name, b"x") == 422, name


def test_another_branch_is_as_if_it_were_not_there(
    site: Surroundings, visitor: Visitor, voucher: Callable[[int], bytes]
) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    send(client, "0001.jpg", voucher(1))
    page = take_in(site, client)["pages"][0]["id"]
    other = visitor("钱进", Role.OPERATOR, "3302")
    assert other.get(AT).status_code == 404
    assert other.get(f"/pages/{page}/picture").status_code == 404
    assert other.get(f"/station/3302/{DAY}/pages/{page}").status_code == 404
    missing = other.get("/pages/nothing/picture")
    foreign = other.get(f"/pages/{page}/picture")
    numbers = [one.headers["x-request-id"] for one in (missing, foreign)]
    assert missing.text.replace(numbers[0], "") == foreign.text.replace(numbers[1], "")
    assert send(other, "0001.jpg", b"x") == 404


def test_a_reviewer_cannot_send(visitor: Visitor) -> None:
    client = visitor("李静", Role.REVIEWER, "3301")
    assert send(client, "0001.jpg", b"x") == 403


def test_missing_papers_are_named(parts: Parts, visitor: Visitor) -> None:
    totals = {"3301": {"rows": "1", "amount": "0"}}
    stream = DeliveredStream(DAY, "s.csv", "0" * 64, "utf-8", (booked(1),), 0, totals)
    parts.catalog.streams.book(stream, "tester")
    client = visitor("王芳", Role.OPERATOR, "3301")
    assert booked(1).serial_no in client.get(AT).text


def test_a_day_that_is_none_is_not_found(visitor: Visitor) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    assert client.get("/station/3301/2026-02-31").status_code == 404
    assert client.get(f"{AT}/arrivals", params={"batch": " "}).status_code == 422


def test_sheets_are_printed(visitor: Visitor) -> None:
    client = visitor("王芳", Role.OPERATOR, "3301")
    assert client.get("/sheets/separator.pdf").content.startswith(b"%PDF")
    query: dict[str, str | int] = {"batch": "1", "vouchers": 3, "pages": 4}
    assert client.get(f"{AT}/cover.pdf", params=query).content.startswith(b"%PDF")


def test_sheets_stand_there_only_for_who_may_print_them(visitor: Visitor) -> None:
    for name, role, branch in (
        ("王芳", Role.OPERATOR, "3301"),
        ("赵档案", Role.ARCHIVIST, "3301"),
        ("周总部", Role.HEADQUARTERS, None),
    ):
        client = visitor(name, role, branch)
        printed = client.get("/sheets/separator.pdf").status_code == 200
        assert ("/sheets/separator.pdf" in client.get(AT).text) is printed, name
