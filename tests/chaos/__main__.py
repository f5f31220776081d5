"""`python -m tests.chaos`: load, faults, quiet, verdict. See docs/faults.md."""

import argparse
import logging
import os
import signal
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path

from tests.chaos.breaking import Breaking
from tests.chaos.faults import applicable
from tests.chaos.ledger import Ledger
from tests.chaos.load import Person
from tests.chaos.report import Report, latencies, refusals
from tests.chaos.schedule import Planned, each_once, random_schedule
from tests.chaos.site import Choice, Site, site
from tests.product.client import Client
from tests.services.processes import make_directory, remove_directory

LONG_MINUTES = 15
NAIVE_QUIET_SECONDS = 45.0


BREACHED, BROKEN = 1, 2


def main() -> int:
    """Return 0 if everything held, 1 on a breach, 2 if the harness itself did not get that far."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for number in (signal.SIGINT, signal.SIGTERM):
        # Whoever ends a run early leaves no servers behind, even where a shell ignores the first.
        signal.signal(number, signal.default_int_handler)
    try:
        return _main(_options())
    except Exception:
        traceback.print_exc()
        return BROKEN


def _main(options: argparse.Namespace) -> int:
    choice = Choice(
        options.database, options.broker, options.storage, options.naive, options.each_once
    )
    planned = _schedule(choice, options)
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
    return 0 if report.is_clean else BREACHED


def _schedule(choice: Choice, options: argparse.Namespace) -> list[Planned]:
    """Return the same faults for a naive run as for any other, but for those it cannot have."""
    names = applicable(replace(choice, naive=False))
    planned = (
        each_once(names)
        if options.each_once
        else random_schedule(options.seed, options.minutes, names)
    )
    possible = set(applicable(choice))
    return [plan for plan in planned if plan.name in possible]


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
    breaking = Breaking(deployed, people, seconds=seconds)
    breaking.carry_out(planned)
    report.hits = sorted(breaking.hits, key=lambda hit: hit.at_seconds)
    for person in people:
        person.over.set()
    deployed.heal()
    healed_at = time.monotonic()
    for person in people:
        person.join(timeout=120)
    allowed = NAIVE_QUIET_SECONDS if options.naive else options.quiet
    _judge(deployed, ledger, clients, report, healed_at, healed_at + allowed)
    report.uploads = {
        "accepted": len(ledger.images),
        "deleted": sum(image.deleted for image in ledger.images.values()),
        "refused": refusals(ledger),
        "restarts": {name: item.restarts for name, item in deployed.supervised.items()},
    }
    report.latencies = latencies(ledger, report.hits)


def _judge(
    deployed: Site,
    ledger: Ledger,
    clients: dict[str, Client],
    report: Report,
    healed_at: float,
    deadline: float,
) -> None:
    os.environ.update(deployed.environment)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django  # noqa: PLC0415 - only now are the settings those of the deployment

    django.setup()
    from tests.chaos.verdict import judge  # noqa: PLC0415 - it needs models

    judge(deployed, ledger, clients, report, deadline=deadline, healed_at=healed_at)


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
    parser.add_argument("--quiet", type=float, default=float(word("QUIET") or 600), help="seconds")
    parser.add_argument("--results", type=Path, default=Path(word("RESULTS") or "var/chaos"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
