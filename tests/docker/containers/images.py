"""Images under the names that the product's files ask for, made of Debian's packages.

No registry of images is needed. They are never to be pushed: the base trusts this machine's
certificates, and what stands in for a public image is another build, or another program.
"""

import os
import subprocess
import tempfile
from pathlib import Path

from tests.docker.containers.engine import Engine, EngineError

HERE = Path(__file__).parent
PYTHON = "python:3.11-slim-bookworm"
SUITE = "bookworm"
# As in the public image: no manuals, no other languages.
LEFT_OUT = ("man", "doc", "info", "locale", "lintian")
CERTIFICATES = Path("/usr/local/share/ca-certificates")
# The stages of stand_ins/Dockerfile, and the names in docker/.env.example that they take.
STAND_INS = {
    "caddy": "PROXY_IMAGE",
    "postgres": "POSTGRES_IMAGE",
    "redis": "REDIS_IMAGE",
    "prometheus": "PROMETHEUS_IMAGE",
    "rabbitmq": "RABBITMQ_IMAGE",
    "ceph": "S3_IMAGE",
}


def has(engine: Engine, name: str) -> bool:
    return bool(engine.run("image", "ls", "--quiet", name).strip())


def make_base(engine: Engine) -> None:
    """Import a minimal Debian with Python under the name of the Python image."""
    with tempfile.TemporaryDirectory(prefix="darkroom-base-", dir=engine.directory) as folder:
        archive = Path(folder) / "base.tar"
        done = subprocess.run(
            [*_mmdebstrap(), SUITE, archive],
            capture_output=True,
            text=True,
            env={**os.environ, "TMPDIR": folder},
        )
        if done.returncode:
            raise EngineError(f"mmdebstrap: {done.returncode}\n{done.stdout}{done.stderr}")
        bundle = "/etc/ssl/certs/ca-certificates.crt"
        trust = f"ENV PIP_CERT={bundle} NODE_EXTRA_CA_CERTS={bundle}"
        engine.run("import", "--change", trust, archive, PYTHON)


def _mmdebstrap() -> list[str]:
    paths = [f"path-exclude=/usr/share/{name}/*" for name in LEFT_OUT]
    copy = f'mkdir -p "$1{CERTIFICATES}" && cp {CERTIFICATES}/*.crt "$1{CERTIFICATES}/" || true'
    return [
        *("mmdebstrap", "--quiet", "--variant=apt"),
        # With /usr merged from the start; Debian's own means for it would bring all of Perl.
        *("--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", "--include=usr-is-merged"),
        "--include=python3,python3-venv,ca-certificates,netbase,tzdata",
        *(f"--dpkgopt={each}" for each in ("force-unsafe-io", *paths)),
        f"--setup-hook={copy}",
        '--customize-hook=rm -rf "$1/var/lib/apt/lists" "$1/var/cache/apt"',
    ]


def make_stand_ins(engine: Engine, names: dict[str, str]) -> None:
    """Build what stands in for the public images; `names` are those of docker/.env.example."""
    for stage, variable in STAND_INS.items():
        engine.run(
            *("build", "--network", "host", "--target", stage),
            *("--tag", names[variable], HERE / "stand_ins"),
        )
