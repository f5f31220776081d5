"""People who upload, change and delete pictures, and try again honestly when refused."""

import hashlib
import io
import random
import threading
import time
from uuid import uuid4

import httpx

from tests.chaos.ledger import Accepted, Ledger
from tests.pictures import photograph
from tests.product.client import Client

TRIES = 8
ACTIONS = ("upload", "focal", "reprocess", "cancel", "delete", "broken")
WEIGHTS = (80, 4, 4, 3, 6, 3)


class Person(threading.Thread):
    """One user with one token, until `over` is set."""

    def __init__(
        self, name: str, client: Client, ledger: Ledger, *, seed: str, pause_seconds: float
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.client = client
        self.ledger = ledger
        self.over = threading.Event()
        self.actions = 0
        self._chance = random.Random(seed)
        self._pause_seconds = pause_seconds
        self._began_at = time.monotonic()
        self._mine: list[str] = []

    def run(self) -> None:
        while not self.over.wait(self._pause_seconds * self._chance.uniform(0.5, 1.5)):
            action = self._chance.choices(ACTIONS, WEIGHTS)[0]
            if not self._mine:
                action = "upload"
            self.actions += 1
            try:
                getattr(self, f"do_{action}")()
            except httpx.HTTPError as error:
                self.ledger.refusal(self._now(), f"{action}: {type(error).__name__}")

    def _now(self) -> float:
        return time.monotonic() - self._began_at

    def do_upload(self) -> None:
        side = self._chance.choice((320, 480, 640))
        picture = photograph((side, side * 3 // 4), seed=self._chance.randrange(10_000))
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=90)
        image_id = self.send(file.getvalue())
        if image_id is not None:
            self._mine.append(image_id)

    def send(self, content: bytes, *, expected: str = "") -> str | None:
        """Upload a file until it is accepted, and return its id; None if it never was."""
        key = str(uuid4())
        for attempt in range(TRIES):
            image_id = self._sent(content, key, expected)
            if image_id is not None:
                return image_id
            time.sleep(min(8.0, 0.5 * 2**attempt))
        return None

    def _sent(self, content: bytes, key: str, expected: str) -> str | None:
        began_at = time.monotonic()
        try:
            response = self.client.http.post(
                "/api/v1/images/",
                files={"file": ("picture.jpg", content)},
                headers={"Idempotency-Key": key},
            )
        except httpx.HTTPError as error:
            self.ledger.refusal(self._now(), f"upload: {type(error).__name__}")
            return None
        if response.status_code != 202:
            self.ledger.refusal(self._now(), f"upload: {response.status_code}")
            return None
        image_id, seconds = str(response.json()["id"]), time.monotonic() - began_at
        digest = hashlib.sha256(content).hexdigest()
        self.ledger.accepted(Accepted(image_id, digest, self.name, self._now(), seconds, expected))
        return image_id

    def _path(self) -> str:
        return f"/api/v1/images/{self._chance.choice(self._mine)}/"

    def do_focal(self) -> None:
        point = {"x": self._chance.random(), "y": self._chance.random()}
        self.client.http.patch(self._path(), json={"focal_point": point})

    def do_reprocess(self) -> None:
        self.client.http.post(f"{self._path()}reprocess/", json={"stages": ["thumbnail"]})

    def do_cancel(self) -> None:
        self.client.http.post(f"{self._path()}cancel/")

    def do_delete(self) -> None:
        image_id = self._chance.choice(self._mine)
        path = f"/api/v1/images/{image_id}/"
        before = self.client.http.get(path)
        if before.status_code != 200:
            return
        document = before.json()
        addresses = [variant["url"] for variant in document["variants"]]
        addresses.append(document["original"]["url"])
        # Once asked for, it may be gone whatever the answer says; so ask until it says so.
        self._mine.remove(image_id)
        for attempt in range(TRIES):
            try:
                if self.client.http.delete(path).status_code in (204, 404):
                    break
            except httpx.HTTPError:
                pass
            time.sleep(min(8.0, 0.5 * 2**attempt))
        else:
            return
        self.ledger.deleted(image_id, addresses)

    def do_broken(self) -> None:
        response = self.client.upload(b"\xff\xd8\xff\xe0 no picture", "broken.jpg")
        if response.status_code == 202:
            raise AssertionError("An undecodable picture was accepted.")
