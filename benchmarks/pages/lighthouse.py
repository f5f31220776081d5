"""What Lighthouse says of the library and of the page of an image, with real pictures."""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.embedded import settings_of_its_own
from benchmarks.pages.seeded import sign_in
from benchmarks.tables import markdown
from tests.product.deployment import deployed
from tests.services.programs import require
from tests.uploads.pages.browser.chromium import OPTIONS

FOLDER = Path(__file__).parent
PROGRAM = FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
NODE_OF_WHEEL = FOLDER.parents[1] / ".venv-bench" / "bin" / "node"
# Two screens of pictures on a desktop.
PICTURES = 24
CATEGORIES = ("performance", "accessibility", "best-practices")
DEVICES = {"phone": (), "desktop": ("--preset=desktop",)}
SECONDS = 300

Report = dict[str, Any]


@dataclass(frozen=True)
class Pages:
    """The pages that are looked at, and the cookie of who looks."""

    addresses: dict[str, str]
    cookie: str


def available() -> bool:
    return PROGRAM.exists()


def lighthouse(photographs: Sequence[Path], times: int) -> list[str]:
    """Return a table of scores of 100: the median of `times` looks, and what is less than whole."""
    rows = []
    with _site(photographs[:PICTURES]) as pages:
        for name, address in pages.addresses.items():
            for device, options in DEVICES.items():
                reports = [_look(address, pages.cookie, options) for _ in range(times)]
                rows.append((name, device, *_scores(reports), _faults(reports[0])))
    headings = ("page", "as seen on", *CATEGORIES, "what is less than whole")
    return markdown(headings, rows)


@contextmanager
def _site(photographs: Sequence[Path]) -> Iterator[Pages]:
    with ExitStack() as stack:
        settings = settings_of_its_own(stack)
        client = stack.enter_context(deployed(Path(settings["DATA_DIR"]), settings))
        sent = [client.upload_file(path).json()["id"] for path in photographs]
        for each in sent:
            client.wait(each)
        url = str(client.http.base_url).rstrip("/")
        addresses = {"library": f"{url}/", "an image": f"{url}/images/{sent[0]}/"}
        yield Pages(addresses, sign_in(settings, "demo", people=1)[0])


def _look(address: str, cookie: str, options: Sequence[str]) -> Report:
    chromium = ["--headless=new", *(each for each in OPTIONS if "fake" not in each)]
    command = [
        *(str(_node()), str(PROGRAM), address, "--quiet", "--output=json", *options),
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags={shlex.join(chromium)}",
        f"--extra-headers={json.dumps({'Cookie': f'sessionid={cookie}'})}",
    ]
    environment = {**os.environ, "CHROME_PATH": str(require("chromium"))}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=True
    )
    report: Report = json.loads(done.stdout)
    seen = report["finalDisplayedUrl"]
    if seen != address:
        raise RuntimeError(f"Lighthouse saw {seen} in the place of {address}: is it signed in?")
    return report


def _node() -> Path:
    return NODE_OF_WHEEL if NODE_OF_WHEEL.exists() else Path(shutil.which("node") or "node")


def _scores(reports: Sequence[Report]) -> Iterator[str]:
    for category in CATEGORIES:
        yield f"{median(100 * each['categories'][category]['score'] for each in reports):.0f}"


def _faults(report: Report) -> str:
    """Return the audits that take something away, by their names."""
    lost = {
        reference["id"]
        for category in CATEGORIES
        for reference in report["categories"][category]["auditRefs"]
        if reference["weight"] and (report["audits"][reference["id"]]["score"] or 0) < 0.9
        if report["audits"][reference["id"]]["scoreDisplayMode"] not in ("notApplicable", "manual")
    }
    return ", ".join(sorted(lost)) or "nothing"
