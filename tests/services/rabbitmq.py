"""A real RabbitMQ node with a port mapper of its own, so that two never meet."""

import json
import os
import subprocess

import amqp

from tests.services.ports import LOOPBACK, is_listening
from tests.services.processes import Process
from tests.services.programs import Availability, find_program
from tests.services.programs import available as programs_available
from tests.services.server import Server

# The scripts of the package; those on root's PATH insist on the system's own node.
_DIRECTORIES = ("/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin")

_CONFIGURATION = """\
# The tests judge delivery, not how full the machine they happen to run on is.
vm_memory_high_watermark.relative = 0.8
disk_free_limit.absolute = 50MB
"""


def available() -> Availability:
    return programs_available(
        "rabbitmq-server", "epmd", package="rabbitmq-server", directories=_DIRECTORIES
    )


class RabbitMQServer(Server):
    """One node; its URL is that of the default user and virtual host."""

    name = "rabbitmq"

    def __init__(self) -> None:
        super().__init__()
        self.port = self.reserve_port()
        self.mapper_port = self.reserve_port()
        self.distribution_port = self.reserve_port()
        self.url = f"amqp://guest:guest@{LOOPBACK}:{self.port}//"
        environment = self._environment()
        # Erlang would start a port mapper that outlives it; ours is there first and is our child.
        self._mapper = Process(
            "epmd",
            [find_program("epmd") or "epmd"],
            environment=environment,
            log_path=self.directory / "epmd.log",
            directory=self.directory,
        )
        self._node = Process(
            self.name,
            [find_program("rabbitmq-server", directories=_DIRECTORIES) or "rabbitmq-server"],
            environment=environment,
            log_path=self.directory / "rabbitmq.log",
            directory=self.directory,
            stop_timeout_seconds=40,
        )
        self.processes = [self._mapper, self._node]

    def start(self) -> None:
        (self.directory / "enabled_plugins").write_text("[].\n")
        (self.directory / "rabbitmq.conf").write_text(_CONFIGURATION)
        self._mapper.start(lambda: is_listening(self.mapper_port), timeout_seconds=10)
        self._node.start(self._answers, timeout_seconds=90)

    def messages(self) -> dict[str, int]:
        """Return how many messages each queue holds, those that a worker has taken included."""
        program = find_program("rabbitmqctl", directories=_DIRECTORIES) or "rabbitmqctl"
        done = subprocess.run(
            [program, "--quiet", "list_queues", "name", "messages", "--formatter", "json"],
            env={**os.environ, **self._environment()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=180,
        )
        return {row["name"]: row["messages"] for row in json.loads(done.stdout)}

    def _environment(self) -> dict[str, str]:
        return {
            # Without this its start script stays between us and the node.
            "RUNNING_UNDER_SYSTEMD": "true",
            "HOME": str(self.directory),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self.mapper_port),
            "RABBITMQ_NODENAME": f"darkroom-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_CONF_ENV_FILE": str(self.directory / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.directory / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.directory / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.directory / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.directory / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.directory / "log"),
            "RABBITMQ_LOGS": "-",
        }

    def _answers(self) -> bool:
        if not is_listening(self.port):
            return False
        try:
            with amqp.Connection(f"{LOOPBACK}:{self.port}", connect_timeout=5):
                return True
        except (OSError, amqp.AMQPError):
            return False
