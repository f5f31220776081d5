"""A process and its zygote: many threads, forks, and deaths at the wrong moment."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from processing.box import pictures
from processing.box.client import ROOT, Box
from processing.box.errors import DecoderUnavailable
from processing.box.messages import Job
from processing.imaging import Limits
from tests.processing.box.conftest import PLENTY, Do
from tests.workers import until

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


class Interrupted(Exception):
    """Comes from a signal, as a worker's soft time limit does."""


def children_of(parent: int | None) -> set[int]:
    return {int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _parent(entry) == parent}


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return -1


def is_alive(process: int) -> bool:
    try:
        return (Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split())[0] != "Z"
    except OSError:
        return False


def test_threads_are_served_at_once_and_each_gets_its_own_answer() -> None:
    def size_of(side: int) -> tuple[int, int]:
        file = BytesIO()
        Image.new("L", (side, side + 1)).save(file, "PNG")
        header = pictures.inspect(file, Limits())
        return header.width, header.height

    sides = range(10, 60)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(size_of, sides)) == [(side, side + 1) for side in sides]


def test_one_slow_job_holds_up_no_other(do: Do) -> None:
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(do, "sleep", seconds=2)
        assert do("work_with_threads") == "done"
        assert not slow.done()
        with pytest.raises(DecoderUnavailable, match="within 2 seconds"):
            slow.result()


@LINUX
def test_an_interrupted_job_is_killed_and_its_cpu_counted(do: Do, hostile_box: Box) -> None:
    do("work_with_threads")
    before = hostile_box.cpu_seconds

    def interrupt(number: int, frame: object) -> None:
        raise Interrupted

    earlier = signal.signal(signal.SIGVTALRM, interrupt)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGVTALRM))
    timer.start()
    try:
        with pytest.raises(Interrupted):
            do("loop")
    finally:
        timer.join()
        signal.signal(signal.SIGVTALRM, earlier)
    assert hostile_box.cpu_seconds > before
    # The spare one is all that is left.
    until(lambda: len(children_of(hostile_box.zygote)) == 1)


def test_a_zygote_that_was_killed_is_replaced(do: Do, hostile_box: Box) -> None:
    do("work_with_threads")
    first = hostile_box.zygote
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: not is_alive(first))
    assert do("work_with_threads") == "done"
    assert hostile_box.zygote != first


@LINUX
def test_a_spare_child_that_was_killed_is_replaced(do: Do, hostile_box: Box) -> None:
    do("work_with_threads")
    until(lambda: len(children_of(hostile_box.zygote)) == 1)
    (spare,) = children_of(hostile_box.zygote)
    os.kill(spare, signal.SIGKILL)
    until(lambda: children_of(hostile_box.zygote) - {spare})
    assert do("work_with_threads") == "done"


def test_a_forked_process_starts_a_zygote_of_its_own(do: Do, hostile_box: Box) -> None:
    do("work_with_threads")
    ours = hostile_box.zygote
    forked = os.fork()
    if forked == 0:
        passed = hostile_box.zygote is None and do("work_with_threads") == "done"
        hostile_box.close()
        os._exit(0 if passed else 1)
    assert os.waitpid(forked, 0)[1] == 0
    assert do("work_with_threads") == "done"
    assert hostile_box.zygote == ours


PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import threading
from processing.box.allowance import Allowance
from processing.box.client import Box
from processing.box.messages import Job
box = Box("tests.processing.box.hostile_operations")
allowance = Allowance(2**29, 60)
box.do(Job("work_with_threads", {}, allowance), [])
threading.Thread(target=lambda: box.do(Job("loop", {}, allowance), [])).start()
print(box.zygote, flush=True)
"""


@LINUX
@pytest.mark.parametrize("victim", ["the process", "its zygote"])
def test_nothing_outlives_a_kill(victim: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(ROOT)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        zygote = int(process.stdout.readline())
        # The one that loops and the spare one.
        until(lambda: len(children_of(zygote)) == 2)
        children = children_of(zygote)
        os.kill(process.pid if victim == "the process" else zygote, signal.SIGKILL)
        until(lambda: not any(is_alive(each) for each in {zygote, *children}))


@LINUX
def test_a_closed_box_leaves_no_process() -> None:
    box = Box("tests.processing.box.hostile_operations")
    box.do(Job("work_with_threads", {}, PLENTY), [])
    zygote = box.zygote
    assert zygote is not None
    box.close()
    assert box.zygote is None
    assert not is_alive(zygote)
