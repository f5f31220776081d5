import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import environment


def test_a_secret_is_made_once_and_kept_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "DATA_DIR", tmp_path)
    first = environment.secret_key()
    assert environment.secret_key() == first
    assert len(first) >= 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_deployment_without_a_secret_key_does_not_start(tmp_path: Path) -> None:
    names = ("DARKROOM_SECRET_KEY", "DARKROOM_SECRET_KEY_FILE")
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [sys.executable, "-c", "import config.asgi"],
        env={**inherited, "DARKROOM_HTTPS": "on", "DATA_DIR": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "ImproperlyConfigured: DARKROOM_SECRET_KEY is not set." in done.stderr
    assert not (tmp_path / "secret_key").exists()


def test_a_secret_is_read_from_a_mounted_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("from a file")
    monkeypatch.setenv("DARKROOM_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert environment.secret_key() == "from a file"


def test_a_variable_that_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_S3_REGION", "")
    assert environment.optional("S3_REGION") is None


def test_a_store_may_be_a_folder_or_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_STORAGE_URL", "s3://pictures/darkroom/")
    monkeypatch.setenv("DARKROOM_SCRATCH_URL", "file:///scratch")
    bucket = environment.object_storage("originals")
    assert bucket["BACKEND"] == "storage.s3.BucketStorage"
    assert bucket["OPTIONS"]["bucket_name"] == "pictures"
    assert bucket["OPTIONS"]["location"] == "darkroom/originals"
    assert environment.object_storage("scratch")["OPTIONS"] == {"location": "/scratch"}


def test_an_address_of_another_kind_is_refused_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DARKROOM_VARIANTS_URL", "ftp://pictures")
    with pytest.raises(ValueError, match="DARKROOM_VARIANTS_URL: use file:///folder or s3://"):
        environment.object_storage("variants")


def test_a_long_data_folder_gets_a_socket_that_the_kernel_accepts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(environment, "DATA_DIR", Path("/" + "long/" * 30))
    assert len(str(environment.redis_socket())) <= environment.MAX_SOCKET_PATH_BYTES
    monkeypatch.setattr(environment, "DATA_DIR", Path("/short"))
    assert environment.redis_socket() == Path("/short/redis.sock")
