"""Darkroom's whole pipeline: what `make run` runs, used through HTTP, with its CPU counted."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks import process_tree
from benchmarks.jobs import Answer, Job, Made, kept
from benchmarks.memory import forget_peak, peak_bytes
from benchmarks.processes import PROJECT, NotMeasured

START_SECONDS = 90
RUN_SECONDS = 900
IDLE_SECONDS = 10
# After the last commit a worker still acknowledges and clears scratch.
SETTLE_SECONDS = 0.5
# Enough for every worker process to have had a stage.
WARM_UP_PICTURES = 6
OVER = ("ready", "failed", "cancelled")


class Deployment:
    """One deployment on a folder of its own: web, a worker per queue, scheduler, Redis, SQLite."""

    def __init__(
        self, *, idle_seconds: float = IDLE_SECONDS, warm_up_pictures: int = WARM_UP_PICTURES
    ) -> None:
        self._idle_seconds = idle_seconds
        self._warm_up_pictures = warm_up_pictures
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._presets: tuple[str, ...] = ()
        self.idle_per_second = 0.0

    def run(self, job: Job) -> Answer:
        """Upload a photograph and wait until it is ready; raises NotMeasured.

        CPU is that of all programs, less what they take while idle.
        """
        self.start()
        self._set_presets(job.options)
        workers = [each for each in process_tree.tree(self.root) if each != self.root]
        for process in workers:
            forget_peak(process)
        ready = max(self._worker_peaks())
        before, started_at = process_tree.by_program(self.root), time.perf_counter()
        image = self.upload(job.photograph)
        self.wait(image)
        wall = time.perf_counter() - started_at
        time.sleep(SETTLE_SECONDS)
        after, elapsed = process_tree.by_program(self.root), time.perf_counter() - started_at
        parts = {name: after[name] - before.get(name, 0.0) for name in after}
        cpu = sum(parts.values()) - self.idle_per_second * elapsed
        peak = max(self._worker_peaks())
        return Answer(cpu, wall, peak, ready, self._files(job, image), parts=parts)

    def close(self) -> None:
        """Stop everything that was started and remove its data."""
        self._stack.close()
        self._process = None

    @property
    def root(self) -> int:
        """Return the number of the process that started all others."""
        assert self._process is not None
        return self._process.pid

    def _worker_peaks(self) -> list[int]:
        members = process_tree.tree(self.root)
        workers = {each.process for each in members.values() if "worker" in each.command}
        children = [each for each in members.values() if each.parent in workers]
        return [peak_bytes(each.process) for each in children] or [0]

    # --- starting and stopping ------------------------------------------------------------------

    def start(self) -> None:
        """Start everything, unless that was done before; raises NotMeasured."""
        if self._process is not None:
            return
        if not process_tree.available():
            raise NotMeasured("the CPU of a process tree is read from /proc, which is not here")
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        name = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="darkroom-bench-"))
        self.folder, self._port = Path(name), _free_port()
        mine = {name: value for name, value in os.environ.items() if "DARKROOM_" not in name}
        own = {"DATA_DIR": name, "DARKROOM_THROTTLE": "off"}
        self._environment = {**mine, **own}
        log = self._stack.enter_context((self.folder / "demo.log").open("wb"))
        command = [sys.executable, "manage.py", "demo", "--port", str(self._port)]
        self._process = subprocess.Popen(
            command, cwd=PROJECT, env=self._environment, stdout=log, stderr=log
        )
        self._stack.callback(self._stop)
        _until(self._answers, START_SECONDS, "the deployment did not start")
        self._token = self._manage("create_token", "demo").strip()
        self._warm_up()
        self._measure_idle()

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _warm_up(self) -> None:
        path = self.folder / "warm-up.jpg"
        waiting = []
        for seed in range(self._warm_up_pictures):
            pixels = np.random.default_rng(seed).integers(0, 255, (240, 400, 3), np.uint8)
            Image.fromarray(pixels).save(path)
            waiting.append(self.upload(path))
        for image in waiting:
            self.wait(image)

    def _measure_idle(self) -> None:
        before = sum(process_tree.by_program(self.root).values())
        time.sleep(self._idle_seconds)
        after = sum(process_tree.by_program(self.root).values())
        self.idle_per_second = (after - before) / self._idle_seconds

    # --- using it -------------------------------------------------------------------------------

    def _set_presets(self, options: Mapping[str, str]) -> None:
        wanted = (options["effort"], options["quality"])
        if self._presets != wanted:
            values = f"effort={wanted[0]!r}, quality={wanted[1]!r}"
            code = f"from storage.models import Preset; Preset.objects.update({values})"
            self._manage("shell", "-v0", "-c", code)
            self._presets = wanted

    def _manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=PROJECT, env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NotMeasured(f"manage.py {arguments[0]}: {done.stderr[-300:]}")
        return done.stdout

    def upload(self, path: Path) -> str:
        """Upload a picture and return its id; raises NotMeasured if it is refused."""
        boundary = uuid.uuid4().hex
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
            f'filename="{path.name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        )
        body = head.encode() + path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return str(self._json("/api/v1/images/", body, kind)["id"])

    def wait(self, image: str) -> None:
        """Wait until a picture is ready, by looks into the database, which cost web nothing."""
        status = ""

        def over() -> bool:
            nonlocal status
            status = self._status(image)
            return status in OVER

        _until(over, RUN_SECONDS, "a picture was not ready in time")
        if status != "ready":
            raise NotMeasured(f"the picture ended as {status}")

    def _status(self, image: str) -> str:
        path = self.folder / "darkroom.sqlite3"
        query = "SELECT status FROM storage_image WHERE id = ?"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
            row = database.execute(query, [uuid.UUID(image).hex]).fetchone()
        return str(row[0]) if row else ""

    def _files(self, job: Job, image: str) -> tuple[Any, ...]:
        document = self._json(f"/api/v1/images/{image}/")
        return tuple(kept(job.folder, self._made(each)) for each in document["variants"])

    def _made(self, variant: Mapping[str, Any]) -> Made:
        content = self._get(variant["url"])
        keys = ("preset", "format"), ("quality", "score")
        preset, format, quality, score = (variant[key] for pair in keys for key in pair)
        return Made(preset, format, content, quality, score)

    def _json(
        self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self._get(path, body, headers))
        return document

    def _get(
        self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        url = path if "://" in path else f"http://127.0.0.1:{self._port}{path}"
        wanted = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        request = urllib.request.Request(url, data=body, headers=wanted)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                content: bytes = response.read()
        except urllib.error.URLError as error:
            raise NotMeasured(f"{path}: {error}") from error
        return content

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/healthz", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _until(condition: Callable[[], bool], seconds: float, complaint: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise NotMeasured(complaint)
        time.sleep(0.05)
