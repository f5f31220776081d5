"""`python -m tests.chaos`: load, faults, quiet, verdict. See docs/faults.md."""

import argparse
import os
import random
import sys
import time
from pathlib import Path

from tests.chaos.faults import FAULTS, applicable
from tests.chaos.faults.fault import Moment
from tests.chaos.ledger import Ledger
from tests.chaos.load import Person
from tests.chaos.report import Hit, Report, latencies, refusals
from tests.chaos.schedule import Planned, each_once, random_schedule
from tests.chaos.site import Choice, Site, site
from tests.product.client import Client
from tests.services.processes import make_directory, remove_directory

LONG_MINUTES = 15
QUIET_SECONDS = 300.0
NAIVE_QUIET_SECONDS = 45.0


def main() -> int:
    options = _options()
    choice = Choice(
        options.database, options.broker, options.storage, options.naive, options.each_once
    )
    names = applicable(choice)
    planned = (
        each_once(names)
        if options.each_once
        else random_schedule(options.seed, options.minutes, names)
    )
    print(f"seed {options.seed}: {len(planned)} faults on {choice}", flush=True)
    report = Report(options.seed, vars(choice).copy())
    folder = make_directory("chaos")
    with site(choice, folder / "data") as deployed:
        _run(deployed, planned, report, options)
    print(report.markdown())
    report.write(options.results)
    if report.is_clean:
        remove_directory(folder)
    else:
        print(f"The logs stay in {folder / 'data'}.")
    return 0 if report.is_clean else 1


def _run(
    deployed: Site, planned: list[Planned], report: Report, options: argparse.Namespace
) -> None:
    clients = deployed.clients()
    ledger = Ledger(deployed.folder / "ledger.jsonl")
    people = [
        Person(name, client, ledger, seed=f"{options.seed} {name}", pause_seconds=options.pause)
        for name, client in clients.items()
    ]
    for person in people:
        person.start()
    seconds = 2.0 if options.each_once else 60.0 if options.minutes >= LONG_MINUTES else 8.0
    _break(deployed, planned, report, seconds)
    for person in people:
        person.over.set()
    deployed.heal()
    healed_at = time.monotonic()
    for person in people:
        person.join(timeout=120)
    _judge(deployed, ledger, clients, report, healed_at)
    report.uploads = {
        "accepted": len(ledger.images),
        "deleted": sum(image.deleted for image in ledger.images.values()),
        "refused": refusals(ledger),
        "restarts": {name: item.restarts for name, item in deployed.supervised.items()},
    }
    report.latencies = latencies(ledger, report.hits)


def _break(deployed: Site, planned: list[Planned], report: Report, seconds: float) -> None:
    began_at = time.monotonic()
    for plan in planned:
        time.sleep(max(0.0, began_at + plan.at_seconds - time.monotonic()))
        at_seconds = time.monotonic() - began_at
        moment = Moment(deployed, random.Random(plan.seed), seconds)
        try:
            target, verdict = FAULTS[plan.name].run(moment), "done"
        except Exception as error:
            # A fault that finds its target down already is none; the run goes on.
            target, verdict = "", f"{type(error).__name__}: {error}".splitlines()[0][:120]
        until_seconds = round(time.monotonic() - began_at, 1)
        hit = Hit(round(at_seconds, 1), plan.name, target, until_seconds, verdict)
        report.hits.append(hit)
        print(f"{hit.at_seconds:7.1f} s  {hit.name}: {hit.target} {hit.verdict}", flush=True)


def _judge(
    deployed: Site, ledger: Ledger, clients: dict[str, Client], report: Report, healed_at: float
) -> None:
    os.environ.update(deployed.environment)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django  # noqa: PLC0415 - only now are the settings those of the deployment

    django.setup()
    from tests.chaos.verdict import judge  # noqa: PLC0415 - it needs models

    naive = deployed.choice.naive
    allowed = NAIVE_QUIET_SECONDS if naive else QUIET_SECONDS
    judge(deployed, ledger, clients, report, deadline=healed_at + allowed, healed_at=healed_at)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    word = os.environ.get
    parser.add_argument("--minutes", type=float, default=float(word("MINUTES") or 30))
    parser.add_argument("--seed", type=int, default=int(word("SEED") or time.time()))
    parser.add_argument(
        "--broker", choices=["redis", "rabbitmq"], default=word("BROKER") or "redis"
    )
    parser.add_argument("--storage", choices=["local", "s3"], default=word("STORAGE") or "s3")
    parser.add_argument(
        "--database", choices=["postgres", "sqlite"], default=word("DATABASE") or "postgres"
    )
    parser.add_argument("--naive", action="store_true", default=bool(word("NAIVE")))
    parser.add_argument("--each-once", action="store_true")
    parser.add_argument("--pause", type=float, default=float(word("PAUSE") or 4), help="seconds")
    parser.add_argument("--results", type=Path, default=Path(word("RESULTS") or "var/chaos"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
