import ctypes.util
import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.decode import decode
from pipeline.errors import PageRefused, PaperproofError
from pipeline.kinds import DecodeLimits
from pipeline.refusals import Refusal, Why
from pipeline.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
SMALL = DecodeLimits(cpu_seconds=1, wall_seconds=30, memory_bytes=200 * 2**20)

TAKEN_OVER = """
import ctypes, json, os, signal, socket, struct, sys, time
from pipeline.sandbox_server import JOBS, serve

def tried(attempt):
    def job(content, argument, limits):
        try:
            attempt()
        except (OSError, ValueError) as fault:
            return {"stopped": type(fault).__name__}, b""
        return {"stopped": None}, b""
    return job

def grow():
    grown = bytearray()
    while True:
        grown += bytes(2**20)

def grow_and_die(*_):
    try:
        grow()
    except MemoryError:
        os.abort()

def spin(*_):
    while True:
        pass

def says(told, raw=b""):
    return lambda *_: (json.loads(told), raw)

def writes(raw):
    def job(*_):
        os.write(4, raw)
        os._exit(0)
    return job

def fill(*_):
    return {}, bytes(5 * 2**20)

with socket.socket(fileno=int(sys.argv[1])) as channel:
    serve(channel, JOBS | {
        "read": tried(lambda: os.open("/etc/passwd", os.O_RDONLY)),
        "list": tried(lambda: os.listdir("/")),
        "write": tried(lambda: os.open("/tmp/escaped", os.O_WRONLY | os.O_CREAT)),
        "fork": tried(os.fork),
        "signal": tried(lambda: os.kill(os.getppid(), signal.SIGKILL)),
        "become_root": tried(lambda: os.setresuid(0, 0, 0)),
        "input": tried(lambda: os.pwrite(3, b"altered", 0)),
        "socket": tried(lambda: socket.socket(socket.AF_INET)),
        "exec": tried(lambda: os.execv("/bin/true", ["true"])),
        "grow": lambda *_: grow(), "grow_and_die": grow_and_die,
        "spin": spin, "sleep": lambda *_: time.sleep(30), "fill": fill,
        "die": lambda *_: ctypes.string_at(0), "leave": lambda *_: os._exit(0),
        "nonsense": writes(b"nonsense"), "long": writes(struct.pack(">I", 2**31) + b"{}"),
        "list_answer": says("[]"), "unknown_reason": says('{"refused": "bribe", "numbers": {}}'),
        "own_words": says('{"refused": "damaged", "numbers": {"name": "<script>"}}'),
        "text_for_number": says('{"refused": "memory", "numbers": {"limit": "%s"}}'),
        "missing_number": says('{"refused": "memory", "numbers": {}}'),
        "deep": writes(struct.pack(">I", 60000) + b"[" * 60000),
        "decode": lambda content, *_: (json.loads(content[8:]), bytes(12)),
        "picture": lambda content, *_: (json.loads(content[8:]), bytes(12)),
        "count": says('{"pages": 1000000}'),
    })
"""


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        yield opened


def taken_over(folder: Path, limits: DecodeLimits = SMALL) -> Sandbox:
    """A sandbox whose jobs do what a decoder does that an attacker has taken over."""
    server = folder / "taken_over.py"
    server.write_text(TAKEN_OVER)
    return Sandbox(limits, server=(str(server),))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with taken_over(tmp_path_factory.mktemp("server")) as opened:
        yield opened


def png(shade: int = 200, side: int = 50) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (side, side), (shade, 10, 10)).save(made, "PNG", dpi=(300, 300))
    return made.getvalue()


def claim(**other: object) -> bytes:
    """What looks like a PNG; the taken-over decoder says of it what it holds."""
    told = {"format": "PNG", "colour_mode": "grey", "dpi": None, "height": 2, "width": 2}
    return b"\x89PNG\r\n\x1a\n" + json.dumps(told | other).encode()


def tiff(pages: int) -> bytes:
    made = io.BytesIO()
    first, *others = (Image.new("L", (20, 20), shade) for shade in range(pages))
    first.save(made, "TIFF", save_all=True, append_images=others)
    return made.getvalue()


def why(box: Sandbox, job: str) -> Why:
    with pytest.raises(Refusal) as caught:
        box.run(job, b"page", name="3301-0001.png")
    assert "3301-0001.png" in str(caught.value)
    assert caught.value.check == "Q01"
    return caught.value.why


def test_a_page_comes_out_as_it_would_without_the_box(box: Sandbox) -> None:
    inside, outside = box.decode(png()), decode(png(), DecodeLimits())
    assert np.array_equal(inside.pixels, outside.pixels)
    assert (inside.format, inside.colour_mode, inside.dpi) == ("PNG", "colour", (300.0, 300.0))
    assert inside.pixels.flags.writeable


def test_containers_are_split_page_by_page(box: Sandbox) -> None:
    pages = box.split(tiff(3), "batch.tif")
    assert [box.decode(page.content).pixels[0, 0, 0] for page in pages] == [0, 1, 2]
    [alone] = box.split(tiff(1), "one.tif")
    assert alone.content == tiff(1)
    [image] = box.split(png(), "misnamed.tif")
    assert (image.content, image.suffix) == (png(), ".png")


def test_a_refusal_inside_is_told_outside_with_the_name_of_the_file(box: Sandbox) -> None:
    with pytest.raises(PageRefused, match=r"^a\.png is damaged or cut short"):
        box.decode(png()[:-20], "a.png")
    with pytest.raises(PageRefused, match=r"^a\.jpg is a text and not a scanned page"):
        box.split(b"a text with another name", "a.jpg")


def test_pages_that_come_to_too_much_together_are_refused() -> None:
    with Sandbox(DecodeLimits(max_split_bytes=200)) as box, pytest.raises(Refusal) as caught:
        box.split(tiff(3), "batch.tif")
    assert caught.value.why is Why.TOO_MUCH_TOGETHER


def test_walls_are_tried_out_before_they_are_claimed(box: Sandbox) -> None:
    assert box.protection.user == (os.geteuid() == 0)
    assert box.protection.system_calls == bool(ctypes.util.find_library("seccomp"))


@pytest.mark.parametrize(
    "attempt", ["read", "list", "write", "fork", "signal", "become_root", "input"]
)
def test_a_decoder_that_was_taken_over_reaches_nothing(hostile: Sandbox, attempt: str) -> None:
    if not hostile.protection.system_calls:
        pytest.skip("this machine has no libseccomp")
    assert hostile.run(attempt, b"page")[0]["stopped"] == "PermissionError"


@pytest.mark.parametrize("attempt", ["socket", "exec"])
def test_what_only_an_attack_does_ends_it(hostile: Sandbox, attempt: str) -> None:
    if not hostile.protection.system_calls:
        pytest.skip("this machine has no libseccomp")
    assert why(hostile, attempt) is Why.FORBIDDEN


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        ("grow", Why.MEMORY),
        ("grow_and_die", Why.MEMORY),
        ("spin", Why.CPU_TIME),
        ("die", Why.CRASHED),
        ("leave", Why.CRASHED),
    ],
)
def test_a_page_that_costs_too_much_or_fails_is_named(
    hostile: Sandbox, job: str, reason: Why
) -> None:
    assert why(hostile, job) is reason
    assert hostile.decode(claim()).pixels.shape == (2, 2, 3)


def test_the_wall_limit_ends_a_page_that_waits(tmp_path: Path) -> None:
    with taken_over(tmp_path, limits=DecodeLimits(wall_seconds=0.2)) as box:
        assert why(box, "sleep") is Why.WALL_TIME


def test_a_result_larger_than_allowed_is_not_taken(tmp_path: Path) -> None:
    with taken_over(tmp_path, limits=DecodeLimits(max_result_bytes=2**20)) as box:
        assert why(box, "fill") is Why.CRASHED


@pytest.mark.parametrize(
    "job",
    [
        *("nonsense", "long", "list_answer", "unknown_reason"),
        *("own_words", "text_for_number", "missing_number", "deep"),
    ],
)
def test_nonsense_that_comes_back_refuses_the_page(hostile: Sandbox, job: str) -> None:
    assert why(hostile, job) is Why.CRASHED


@pytest.mark.parametrize(
    "lie",
    [
        {"height": 3},
        {"height": -2, "width": -2},
        {"height": True, "width": 4},
        {"height": "2"},
        {"height": 10**9, "width": 10**9},
        {"format": "PDF"},
        {"format": "<b>"},
        {"format": ["PNG"]},
        {"colour_mode": "blue"},
        {"dpi": [300]},
        {"dpi": [300, float("nan")]},
        {"dpi": [300, 10**400]},
        {"dpi": 7},
    ],
)
def test_a_page_that_lies_about_itself_is_refused(hostile: Sandbox, lie: dict[str, object]) -> None:
    with pytest.raises(Refusal) as caught:
        hostile.decode(claim(**lie))
    assert caught.value.why is Why.CRASHED


@pytest.mark.parametrize(
    "lie",
    [
        {"packing": "LZWDecode"},
        {"packing": ["DCTDecode"]},
        {"width": 0},
        {"width": 10**6, "height": 10**6},
        {"channels": 4},
        {"bits": 16},
        {"orientation": 9},
        {"orientation": "1 0 0 1 0 0 cm"},
        {"dpi": [300, float("inf")]},
    ],
)
def test_a_picture_that_lies_about_itself_is_refused(
    hostile: Sandbox, lie: dict[str, object]
) -> None:
    honest = {"packing": "FlateDecode", "channels": 3, "bits": 8, "orientation": 1}
    assert hostile.picture(claim(**honest)).width == 2
    with pytest.raises(Refusal) as caught:
        hostile.picture(claim(**{**honest, **lie}))
    assert caught.value.why is Why.CRASHED


def test_a_container_that_lies_about_its_pages_is_refused(hostile: Sandbox) -> None:
    with pytest.raises(Refusal) as caught:
        hostile.split(tiff(2), "batch.tif")
    assert caught.value.why is Why.CRASHED


def server_of(box: Sandbox) -> int:
    assert box._server is not None
    return box._server.process.pid


def gone(pid: int) -> bool:
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_a_server_that_was_killed_is_started_again() -> None:
    with Sandbox() as box:
        first = server_of(box)
        os.kill(first, signal.SIGKILL)
        assert box.decode(png()).pixels.shape == (50, 50, 3)
        assert server_of(box) != first


def test_a_page_that_takes_the_server_down_twice_is_refused(tmp_path: Path) -> None:
    server = tmp_path / "dies.py"
    server.write_text(
        "import os, socket, sys\n"
        "channel = socket.socket(fileno=int(sys.argv[1]))\n"
        'channel.send(b\'{"user": false, "system_calls": false}\')\n'
        "channel.recv(4096)\n"
        "os._exit(1)\n"
    )
    with Sandbox(server=(str(server),)) as box, pytest.raises(Refusal) as caught:
        box.decode(png())
    assert caught.value.why is Why.CRASHED


def test_a_server_that_cannot_start_is_a_fault_of_the_system(tmp_path: Path) -> None:
    server = tmp_path / "broken.py"
    server.write_text("raise SystemExit('libjpeg is missing')")
    with pytest.raises(PaperproofError, match="libjpeg is missing") as caught:
        Sandbox(server=(str(server),)).decode(png())
    assert not isinstance(caught.value, PageRefused)


def test_leaving_ends_the_server() -> None:
    with Sandbox() as box:
        pid = server_of(box)
    assert gone(pid)


def test_the_server_and_its_job_die_with_an_owner_that_is_killed(tmp_path: Path) -> None:
    with taken_over(tmp_path):
        pass  # writes the server
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "taken_over.py")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with owner:
        assert owner.stdout is not None
        server = int(owner.stdout.readline())
        children = Path(f"/proc/{server}/task/{server}/children")
        for _ in range(200):
            if children.read_text().strip():
                break
            time.sleep(0.01)
        [job] = children.read_text().split()
        owner.kill()
    assert gone(server)
    assert gone(int(job))


OWNER = textwrap.dedent("""
    import sys
    from pipeline.sandbox import Sandbox
    box = Sandbox(server=(sys.argv[1],))
    with box:
        print(box._server.process.pid, flush=True)
        box.run("sleep", b"page")
""")


FORKS = textwrap.dedent("""
    import os, sys
    from pipeline.sandbox import Sandbox
    page = sys.stdin.buffer.read()
    with Sandbox() as box:
        servers = {box._server.process.pid}
        if not os.fork():
            box.decode(page)
            servers.add(box._server.process.pid)
            box.close()
            os._exit(len(servers))
        servers_of_child = os.waitstatus_to_exitcode(os.wait()[1])
        box.decode(page)
        sys.exit(servers_of_child)
""")


def test_a_forked_process_gets_a_server_of_its_own() -> None:
    assert subprocess.run([sys.executable, "-c", FORKS], cwd=ROOT, input=png()).returncode == 2


def test_threads_take_turns(box: Sandbox) -> None:
    seen: list[int] = []
    threads = [
        threading.Thread(target=lambda s=s: seen.append(int(box.decode(png(s)).pixels[0, 0, 0])))
        for s in range(0, 200, 20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(0, 200, 20))


def test_an_interrupted_job_does_not_answer_for_the_next(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.sandbox.json.loads", interrupted)
        with pytest.raises(KeyboardInterrupt):
            box.decode(png(20))
    assert box.decode(png(180)).pixels[0, 0, 0] == 180


def test_the_server_has_one_thread_and_no_secrets(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERPROOF_STORE_KEY", "secret")
    with Sandbox() as other:
        process = Path(f"/proc/{server_of(other)}")
        assert b"secret" not in (process / "environ").read_bytes()
        assert len(list((process / "task").iterdir())) == 1
