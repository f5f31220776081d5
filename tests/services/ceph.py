"""A real S3: the Ceph object gateway over one monitor and one object store, all on loopback."""

import json
import os
import secrets
import subprocess
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.services.ports import LOOPBACK, is_listening
from tests.services.processes import Process, ProcessError
from tests.services.programs import Availability, find_program
from tests.services.programs import available as programs_available
from tests.services.server import Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"

_COMMAND_ATTEMPTS = 5

_PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")

_CONFIGURATION = """\
[global]
fsid = {cluster}
mon_host = v1:{host}:{monitor_port}
public_addr = {host}
cluster_addr = {host}
ms_bind_msgr2 = false
# Only this machine can reach the cluster; the gateway checks every S3 signature all the same.
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
# Unix socket paths are too short for a deep temporary directory, and nobody asks there.
admin_socket =
pid_file = {directory}/$name.pid
log_file = {directory}/$name.log
run_dir = {directory}
keyring = {directory}/keyring
crash_dir = {directory}
# One copy of everything on the one store.
osd_crush_chooseleaf_type = 0
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 1000
# A lone monitor need not wait for others to agree.
paxos_propose_interval = 0.05
paxos_min_wait = 0.01

[mon]
mon_data = {directory}/mon
# A developer's disk may well be nearly full.
mon_data_avail_crit = 1
mon_data_avail_warn = 1

[osd]
osd_data = {directory}/osd
osd_objectstore = bluestore
# A sparse file: it takes only what is written to it.
bluestore_block_size = 4294967296
osd_memory_target = 939524096
# A store that announces its place when it starts is now and then refused (see _command).
osd_class_update_on_start = false
osd_crush_update_on_start = false

[client.rgw]
rgw_data = {directory}/gateway
rgw_frontends = beast endpoint={host}:{port}
rgw_dns_name = localhost
rgw_enable_usage_log = false
"""


def available() -> Availability:
    return programs_available(
        *_PROGRAMS, package="radosgw, ceph-mon, ceph-osd and ceph-common (together)"
    )


class CephServer(Server):
    """A gateway with one user, whose keys are `access_key` and `secret_key`."""

    name = "ceph"

    def __init__(self) -> None:
        super().__init__()
        self.port = self.reserve_port()
        self.endpoint_url = f"http://{LOOPBACK}:{self.port}"
        self.region = REGION
        self.access_key = secrets.token_hex(10).upper()
        self.secret_key = secrets.token_hex(20)
        self._cluster = str(uuid.uuid4())
        self._monitor_port = self.reserve_port()
        self._configuration = self.directory / "ceph.conf"
        self._monitor = self._daemon("ceph-mon", "-i", "a", "-f")
        self._store = self._daemon("ceph-osd", "-i", "0", "-f")
        self._gateway = self._daemon("radosgw", "-n", "client.rgw", "-f")
        self.processes = [self._monitor, self._store, self._gateway]

    def start(self) -> None:
        is_new = not self._configuration.exists()
        if is_new:
            self._create_monitor()
        self._monitor.start(lambda: is_listening(self._monitor_port), timeout_seconds=30)
        if is_new:
            self._create_store()
        else:
            # After a kill the monitor believes in the store that died, and sends clients there.
            self._command("osd", "down", "0")
        self._store.start(self._store_is_up, timeout_seconds=60)
        if is_new:
            self._create_user()
        self._gateway.start(self._answers, timeout_seconds=90)

    def pause(self) -> None:
        """Freeze the gateway alone: to a client it is the same, and the cluster stays healthy."""
        self._gateway.pause()

    def client(self, *, secret_key: str | None = None) -> "S3Client":
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=secret_key or self.secret_key,
            config=Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
            ),
        )

    def _create_monitor(self) -> None:
        for name in ("mon", "osd", "gateway"):
            (self.directory / name).mkdir()
        (self.directory / "keyring").touch()
        self._configuration.write_text(
            _CONFIGURATION.format(
                cluster=self._cluster,
                directory=self.directory,
                host=LOOPBACK,
                monitor_port=self._monitor_port,
                port=self.port,
            )
        )
        map_path = str(self.directory / "monmap")
        address = f"[v1:{LOOPBACK}:{self._monitor_port}]"
        self._run(
            "monmaptool", "--create", "--fsid", self._cluster, "--addv", "a", address, map_path
        )
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", map_path)

    def _create_store(self) -> None:
        store = str(uuid.uuid4())
        self._command("osd", "new", store)
        self._command("osd", "crush", "add", "osd.0", "1.0", "root=default", "host=localhost")
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", store)

    def _create_user(self) -> None:
        self._run(
            *("radosgw-admin", "user", "create", "--uid=darkroom", "--display-name=darkroom"),
            f"--access-key={self.access_key}",
            f"--secret-key={self.secret_key}",
        )

    def _store_is_up(self) -> bool:
        state = json.loads(self._command("osd", "stat", "--format", "json"))
        return bool(state["num_up_osds"] == 1)

    def _answers(self) -> bool:
        if not is_listening(self.port):
            return False
        try:
            self.client().list_buckets()
        except (BotoCoreError, ClientError):
            return False
        return True

    def _daemon(self, program: str, *arguments: str) -> Process:
        return Process(
            program,
            [find_program(program) or program, "-c", self._configuration, *arguments],
            environment=self._environment(),
            log_path=self.directory / f"{program}.out",
            directory=self.directory,
        )

    def _command(self, *words: str) -> str:
        """Give the cluster a command that may be repeated.

        Soon after a restart the monitor now and then refuses one (EPERM, "wrong fsid"): it seems
        that without authentication a client may speak before it was told the cluster's id.
        """
        for _ in range(_COMMAND_ATTEMPTS - 1):
            with suppress(ProcessError):
                return self._run("ceph", *words)
        return self._run("ceph", *words)

    def _run(self, program: str, *arguments: str, timeout_seconds: float = 60) -> str:
        try:
            done = subprocess.run(
                [find_program(program) or program, "-c", self._configuration, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                cwd=self.directory,
                env=os.environ | self._environment(),
                timeout=timeout_seconds,
            )
        except subprocess.TimeoutExpired as error:
            raise ProcessError(f"{program} gave no answer in {timeout_seconds:g} s") from error
        if done.returncode != 0:
            raise ProcessError(f"{program} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return {"CEPH_CONF": str(self._configuration)}
