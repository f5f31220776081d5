"""Hostile files come to the same end through both doors: the HTTP API and the import."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.corpus import ROOT as CORPUS
from tests.hostile.conftest import Target
from tests.hostile.pictures import files
from tests.product.verdicts import REFUSALS, assert_ready_or_explained

ACCEPTED = "accepted"
# What is no refusal: honest pictures that carry something else along, which no variant will.
HARMLESS = {
    *("declared-frames.png", "loop.tif", "giant-count.tif", "pages.tif", "page.jpg", "script.gif"),
    *("script-start.gif", "archive.png", "document.jpg", "mislabelled.png", "mislabelled.txt"),
    *("giant-exif.png", "giant-exif.webp", "giant-xmp.jpg"),
}


def sent(target: Target, folder: Path) -> dict[str, str]:
    """Upload every file; return the code of its refusal, or that it was accepted."""
    verdicts, accepted = {}, []
    for path in sorted(folder.iterdir()):
        response = target.client.upload_file(path)
        assert response.status_code in {202, 400, 413}, (path.name, response.text)
        document = response.json()
        verdicts[path.name] = document.get("code", ACCEPTED)
        if response.status_code == 202:
            accepted.append(document["id"])
        else:
            assert document["code"] in REFUSALS | {"too_many_bytes"}, path.name
            assert len(document["detail"]) > 20
    for image_id in accepted:
        assert_ready_or_explained(target.client, target.client.wait(image_id))
    return verdicts


def imported(target: Target, folder: Path) -> dict[str, str]:
    report = target.manage("import_images", str(folder))
    refused = dict(re.findall(rf"^  {re.escape(str(folder))}/(.*?): (\w+): ", report, re.MULTILINE))
    verdicts = {path.name: refused.get(path.name, ACCEPTED) for path in sorted(folder.iterdir())}
    assert f"{len(verdicts) - len(refused)} accepted" in re.sub(
        r"(\d+) accepted, (\d+) already there",
        lambda found: f"{int(found[1]) + int(found[2])} accepted",
        report,
    )
    return verdicts


def both(target: Target, folder: Path) -> Mapping[str, str]:
    processes = target.processes()
    verdicts = sent(target, folder)
    target.empty()
    assert imported(target, folder) == verdicts
    target.empty()
    assert target.processes() == processes
    return verdicts


def test_generated_hostile_files_are_refused_with_a_code_and_leave_nothing(
    target: Target, tmp_path: Path
) -> None:
    for name, content in files().items():
        (tmp_path / name).write_bytes(content)
    verdicts = both(target, tmp_path)
    bombs = {name: code for name, code in verdicts.items() if name.startswith("bomb.")}
    assert set(bombs.values()) <= {"too_many_pixels", "unsupported_format"}
    assert verdicts["million-frames.gif"] == "too_many_frames"
    assert verdicts["empty.jpg"] == "empty_file"
    cut = {name for name, verdict in verdicts.items() if name.startswith("cut-")}
    assert {n for n, verdict in verdicts.items() if verdict == ACCEPTED} - cut == HARMLESS


@pytest.mark.minutes
def test_the_malformed_corpus_comes_to_the_same_end_through_both_doors(target: Target) -> None:
    folder = CORPUS / "malformed"
    if not folder.is_dir():
        pytest.skip(f"no test images at {CORPUS}: set CORPUS to the folder that holds malformed/")
    verdicts = both(target, folder)
    accepted = sum(verdict == ACCEPTED for verdict in verdicts.values())
    assert accepted < len(verdicts) / 2


def test_what_was_uploaded_is_sent_back_as_a_file_to_save(target: Target) -> None:
    for name in ("page.jpg", "script.gif", "archive.png", "mislabelled.txt"):
        image = target.client.upload(files()[name], "page.html").json()
        response = target.client.http.get(image["original"]["url"])
        assert response.content == files()[name]
        assert response.headers["Content-Type"] == f"image/{image['original']['format']}"
        assert response.headers["Content-Disposition"].startswith("attachment;")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    target.empty()
