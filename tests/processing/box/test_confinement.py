"""What a decoder that a picture has taken over can still do: use what it was handed."""

import os
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from processing.box import seccomp
from processing.box.client import Box
from processing.box.errors import (
    DecoderFailed,
    DecoderOutOfMemory,
    DecoderUnavailable,
)
from processing.box.messages import Job
from processing.imaging import TooManyFrames, TooManyPixels, UndecodableImage
from tests.processing.box.conftest import PLENTY, Do
from tests.processing.box.hostile_operations import FORBIDDEN

SHUT = pytest.mark.skipif(
    sys.platform != "linux" or not seccomp.is_known_here(), reason="no seccomp on this machine"
)


@SHUT
@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_else_can_be_reached(do: Do, what: str) -> None:
    assert do("attempt", what=what) == "PermissionError"


def test_threads_are_allowed_because_codecs_start_them(do: Do) -> None:
    assert do("work_with_threads") == "done"


def test_no_credential_is_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_SECRET_KEY", "very secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very secret")
    box = Box("tests.processing.box.hostile_operations")
    try:
        seen = box.do(Job("environment", {}, PLENTY), [])
        of_zygote = Path(f"/proc/{box.zygote}/environ").read_bytes()
    finally:
        box.close()
    assert set(seen) - {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH"} == {
        "OPENBLAS_NUM_THREADS",
        "OMP_NUM_THREADS",
        "GLIBC_TUNABLES",
    }
    assert b"very secret" not in of_zygote


def test_only_what_was_handed_over_is_open(do: Do) -> None:
    with tempfile.TemporaryFile() as one, tempfile.TemporaryFile() as other:
        # Beside the two files: where it waited, and where it answers.
        assert len(do("descriptors", one.fileno(), other.fileno())) == 4


# --- Breaches ---------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["abort", "read_nowhere"])
def test_a_crash_is_blamed_on_the_picture(do: Do, operation: str) -> None:
    with pytest.raises(UndecodableImage, match="makes its decoder crash"):
        do(operation)


@pytest.mark.parametrize("number", [signal.SIGBUS, signal.SIGILL, signal.SIGFPE])
def test_every_signal_of_a_crash_counts(do: Do, number: int) -> None:
    with pytest.raises(UndecodableImage, match="makes its decoder crash"):
        do("raise_signal", signal=number)


@pytest.mark.parametrize("operation", ["loop", "loop_deafly"])
def test_what_takes_too_long_is_stopped(do: Do, hostile_box: Box, operation: str) -> None:
    before = hostile_box.cpu_seconds
    with pytest.raises(UndecodableImage, match="takes too long to decode"):
        do(operation, allowance=replace(PLENTY, cpu_seconds=1))
    assert 0.5 < hostile_box.cpu_seconds - before < 4


def test_memory_ends_where_it_was_said_to(do: Do) -> None:
    with pytest.raises(DecoderOutOfMemory):
        do("eat_memory", allowance=replace(PLENTY, memory_bytes=64 * 1024 * 1024))


def test_files_end_where_it_was_said_to(do: Do) -> None:
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as output:
        with pytest.raises(TooManyPixels, match="larger than its header says"):
            do("write_too_much", source.fileno(), output.fileno())
        assert os.fstat(output.fileno()).st_size == PLENTY.file_bytes


def test_a_killed_decoder_is_worth_another_attempt(do: Do) -> None:
    with pytest.raises(DecoderOutOfMemory, match="was killed"):
        do("raise_signal", signal=signal.SIGKILL)


def test_an_answer_that_is_too_long_is_none(do: Do) -> None:
    with pytest.raises(DecoderUnavailable, match="ended with 70"):
        do("answer_at_length")


def test_an_endless_answer_is_not_listened_to(do: Do) -> None:
    with pytest.raises(DecoderUnavailable, match="sent too much"):
        do("chatter", which=0)


def test_a_child_that_speaks_to_its_zygote_is_ended(do: Do) -> None:
    with pytest.raises(DecoderOutOfMemory, match="was killed"):
        do("chatter", which=1)


def test_an_exit_without_an_answer_is_worth_another_attempt(do: Do) -> None:
    with pytest.raises(DecoderUnavailable, match="ended with 3"):
        do("exit_early")


def test_an_unexpected_error_says_what_it_was(do: Do) -> None:
    with pytest.raises(DecoderFailed, match="KeyError"):
        do("raise_something")


def test_a_refusal_keeps_its_kind_and_its_words(do: Do) -> None:
    with pytest.raises(TooManyFrames, match=r"^Too long, it is\.$"):
        do("refuse")
