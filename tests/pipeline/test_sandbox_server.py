"""The sandbox's server: it comes back, ends with its owner, and answers each job for itself."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from pipeline.errors import PageRefused, PaperproofError
from pipeline.refusals import Refusal, Why
from pipeline.sandbox import Sandbox

from .boxes import TAKEN_OVER, png

ROOT = Path(__file__).resolve().parents[2]


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


def test_the_server_and_its_job_die_with_an_owner_that_is_killed() -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(TAKEN_OVER)],
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
