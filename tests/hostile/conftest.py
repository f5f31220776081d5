"""One whole deployment for everything that is thrown at it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.product.client import Client
from tests.product.deployment import EMBEDDED, demo, manage, stored_files, workers
from tests.services.processes import Process, make_directory, remove_directory


@dataclass(frozen=True)
class Target:
    """A running deployment, its data folder and a client of it."""

    process: Process
    folder: Path
    client: Client

    def manage(self, *arguments: str) -> str:
        return manage({"DATA_DIR": str(self.folder), **EMBEDDED}, *arguments)

    def processes(self) -> set[int]:
        return workers(self.folder)

    def empty(self) -> None:
        """Delete every image and see that nothing of any of them is kept."""
        while images := self.client.http.get("/api/v1/images/?page_size=200").json()["results"]:
            for image in images:
                self.client.http.delete(f"/api/v1/images/{image['id']}/").raise_for_status()
        for _ in range(2):
            self.manage("audit", "--repair", "--grace-seconds", "-1")
        for alias in ("originals", "variants", "scratch"):
            assert stored_files(self.folder, alias) == set(), alias


@pytest.fixture(scope="package")
def target() -> Iterator[Target]:
    folder = make_directory("hostile") / "data"
    with demo(folder) as (process, client):
        yield Target(process, folder, client)
    remove_directory(folder.parent)
