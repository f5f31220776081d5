"""The whole pipeline as a subject: a real deployment, used through HTTP."""

from pathlib import Path

import pytest
from PIL import Image

from benchmarks import process_tree
from benchmarks.deployment import Deployment
from benchmarks.jobs import Job
from benchmarks.photographs import wanted_of
from benchmarks.processes import NotMeasured
from tests.pictures import photograph

OPTIONS = {"effort": "fixed", "quality": "65", "formats": "jpeg webp avif"}

pytestmark = pytest.mark.skipif(not process_tree.available(), reason="there is no /proc here")


def test_it_counts_the_work_of_every_program_and_returns_what_was_published(
    tmp_path: Path,
) -> None:
    path = tmp_path / "one.jpg"
    photograph((700, 500)).save(path, quality=95)
    job = Job(path, tmp_path, wanted_of(path, ("jpeg", "webp", "avif")), OPTIONS)
    deployment = Deployment(idle_seconds=0.5, warm_up_pictures=1)
    try:
        answer = deployment.run(job)
        path.write_bytes(path.read_bytes()[:2000])
        with pytest.raises(NotMeasured, match="HTTP Error"):
            deployment.run(job)
    finally:
        deployment.close()
    expected = {(wanted.preset, wanted.width, wanted.height) for wanted in job.wanted}
    assert {(each.preset, *Image.open(each.path).size) for each in answer.files} == expected
    workers = {"worker resize", "worker compress", "worker thumbnail", "worker publish"}
    assert workers | {"redis", "web", "scheduler"} <= set(answer.parts)
    assert answer.parts["worker compress"] > 0
    assert answer.peak_bytes >= answer.ready_bytes > 0
