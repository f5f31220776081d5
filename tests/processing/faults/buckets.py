"""A bucket with two ways to it: directly, and through a proxy that breaks single requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from config.environment import object_storage
from storage import objects
from tests.services.ceph import CephServer
from tests.services.fault_proxy import FaultProxy
from tests.services.ports import LOOPBACK

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "darkroom"


@dataclass(frozen=True)
class Bucket:
    name: str
    server: CephServer
    proxy: FaultProxy

    @property
    def direct(self) -> dict[str, str]:
        """Return the environment of a process that keeps its objects here."""
        return self._environment(self.server.port)

    @property
    def proxied(self) -> dict[str, str]:
        """Return the environment of a process whose requests the proxy may break."""
        return self._environment(self.proxy.port)

    def _environment(self, port: int) -> dict[str, str]:
        return {
            "DARKROOM_STORAGE_URL": f"s3://{self.name}/{PREFIX}",
            "DARKROOM_S3_ENDPOINT_URL": f"http://{LOOPBACK}:{port}",
            "DARKROOM_S3_ACCESS_KEY": self.server.access_key,
            "DARKROOM_S3_SECRET_KEY": self.server.secret_key,
            "DARKROOM_S3_REGION": self.server.region,
        }

    def keys(self) -> set[str]:
        """Return what is stored, below the folders of the three stores; asks directly."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        keys = (item["Key"] for page in pages for item in page.get("Contents", []))
        return {key.removeprefix(f"{PREFIX}/") for key in keys}

    def clear(self) -> None:
        for key in self.keys():
            self._client.delete_object(Bucket=self.name, Key=f"{PREFIX}/{key}")

    @cached_property
    def _client(self) -> "S3Client":
        return self.server.client()


def storages_of(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the storages that a process with this environment would have."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        return {alias: object_storage(alias) for alias in objects.ALIASES}
