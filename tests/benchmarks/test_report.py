"""The whole benchmark on generated photographs, with few subjects."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.asked import Unusable, from_environment
from tests.pictures import photograph

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two photographs, one of them a PNG, and a file that is none."""
    folder = tmp_path_factory.mktemp("corpus")
    photograph((400, 300), seed=1).save(folder / "one.jpg", quality=95)
    photograph((300, 420), seed=2).save(folder / "two.png")
    (folder / "notes.txt").write_text("no photograph")
    return folder


@pytest.fixture(scope="module")
def results(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the benchmark without a Node on PATH, and return its folder of results."""
    results = tmp_path_factory.mktemp("results")
    wanted = {
        "CORPUS": str(folder),
        "RESULTS": str(results),
        "SUBJECTS": "balanced,sharp,pillow",
        "ROUNDS": "1",
        "TARGETS": "75,65",
        "PATH": "",
    }
    subprocess.run(
        [sys.executable, "-m", "benchmarks"],
        cwd=PROJECT,
        env={**os.environ, **wanted},
        check=True,
        capture_output=True,
    )
    return results


def test_a_subject_that_is_missing_is_reported_and_not_hidden(results: Path) -> None:
    if shutil.which("node", path=str(Path(sys.executable).parent)):
        pytest.skip("this environment has a Node of its own")
    text = (results / "bench.md").read_text()
    not_measured = text.split("## Not measured")[1].split("##")[0]
    assert "sharp, one pipeline per output, defaults: there is no Node" in not_measured
    assert "| sharp" not in text


def test_each_subject_ran_on_each_photograph_and_format_set(results: Path) -> None:
    costs = json.loads((results / "bench.json").read_text())["costs"]
    ran = [(each["subject"], each["formats"], each["target"], each["photograph"]) for each in costs]
    every, two = "jpeg webp avif", "jpeg webp"
    turns = [
        *[(name, formats, 75) for formats in (every, two) for name in SUBJECTS],
        ("Darkroom balanced", every, 65),
    ]
    assert ran == [(*turn, photograph) for photograph in ("one.jpg", "two.png") for turn in turns]
    assert all(each["cpu_seconds"] > 0 for each in costs)
    assert all(each["peak_bytes"] >= each["ready_bytes"] > 0 for each in costs)
    floors = {each["subject"] for each in costs if each["floor_cpu_seconds"]}
    assert floors == {"Darkroom balanced"}


SUBJECTS = ("Darkroom balanced", "Pillow, one decode per output, defaults")


def test_every_subject_is_scored_against_the_same_reference_at_the_same_sizes(
    results: Path,
) -> None:
    files = json.loads((results / "bench.json").read_text())["files"]
    sizes = {
        (each["photograph"], each["scored"]["preset"]): (
            each["scored"]["width"],
            each["scored"]["height"],
        )
        for each in files
    }
    for each in files:
        scored = each["scored"]
        assert (scored["width"], scored["height"]) == sizes[each["photograph"], scored["preset"]]
        is_cut = scored["preset"].startswith("square")
        assert (scored["common_score"] is None) == is_cut
        assert (scored["own_score"] is None) == each["subject"].startswith("Pillow")
    assert sizes["one.jpg", "w320"] == (320, 240)


def test_the_table_adds_up_what_was_measured(results: Path) -> None:
    values = json.loads((results / "bench.json").read_text())
    every = [each for each in values["files"] if each["formats"] == "jpeg webp avif"]
    mine = [each for each in every if each["subject"].startswith("Pillow")]
    total = sum(each["scored"]["bytes"] for each in mine) / 1e6
    text = (results / "bench.md").read_text()
    table = text.split("## JPEG, WebP and AVIF")[1].split("##")[0]
    (row,) = [line for line in table.splitlines() if line.startswith("| Pillow")]
    assert row.split("|")[10].strip() == f"{total:.2f}"


def test_without_photographs_it_says_what_to_set(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks"],
        cwd=PROJECT,
        env={**os.environ, "CORPUS": str(tmp_path / "absent")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == "There are no photographs: set CORPUS to a folder that holds some.\n"


def test_an_unknown_subject_is_refused_with_those_that_are_known(folder: Path) -> None:
    with pytest.raises(Unusable, match=r"SUBJECTS knows fixed, .*; not magick"):
        from_environment({"CORPUS": str(folder), "SUBJECTS": "fixed,magick"})


def test_a_number_of_photographs_is_spread_over_the_folder(folder: Path) -> None:
    asked = from_environment({"CORPUS": str(folder), "PHOTOGRAPHS": "1"})
    assert [path.name for path in asked.plan.photographs] == ["one.jpg"]
    assert asked.plan.targets == [75, 65, 85]
