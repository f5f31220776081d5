import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "docker" / "write_secrets.py"


def write(folder: Path) -> dict[str, str]:
    subprocess.run([sys.executable, SCRIPT, folder], check=True)
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_it_writes_what_compose_mounts(tmp_path: Path) -> None:
    written = write(tmp_path)
    compose = (SCRIPT.parent / "compose.yaml").read_text()
    # The broker's address is one of two.
    assert "/run/secrets/${BROKER:-redis}_url" in compose
    named = {name for name in written if f"/run/secrets/{name}" in compose}
    assert named == written.keys() - {"redis_url", "rabbitmq_url"}
    assert written["redis_url"] == "redis://redis/0"
    broker = f"amqp://darkroom:{written['rabbitmq_password']}@rabbitmq//"
    assert written["rabbitmq_url"] == broker
    password = written["postgres_password"]
    assert written["database_url"] == f"postgresql://darkroom:{password}@postgres/darkroom"
    assert len(password) >= 32


def test_it_keeps_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "postgres_password").write_text("mine")
    first = write(tmp_path)
    assert first["database_url"] == "postgresql://darkroom:mine@postgres/darkroom"
    assert write(tmp_path) == first


def test_others_cannot_read_them(tmp_path: Path) -> None:
    write(tmp_path)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o640}
