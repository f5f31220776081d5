"""The table of what pictures take."""

from benchmarks.sizing import Measured, Memory, report
from benchmarks.tables import NOTHING


def test_figures_are_per_image_and_per_core() -> None:
    found = Measured(
        images=4,
        megapixels=40.0,
        wall_seconds=50.0,
        cpu_seconds={"worker compress": 40.0, "worker publish": 2.0, "web": 0.001},
        memory={"worker compress": Memory(60_000_000, 300_000_000)},
        stored={"originals": 8_000_000, "variants": 2_000_000},
    )
    lines = report(found)
    assert lines[0].startswith("4 photographs of 10.0 megapixels on average")
    assert "| worker compress | 10.00 | 360 | 60 | 300 |" in lines
    assert f"| worker publish | 0.50 | 7200 | {NOTHING} | {NOTHING} |" in lines
    assert f"| web | 0.00 | {NOTHING} | {NOTHING} | {NOTHING} |" in lines
    assert "| originals | 2.00 |" in lines
    assert "| variants | 0.50 |" in lines
