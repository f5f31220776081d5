"""The table of faults. A fault breaks one thing, waits, mends it, and says what it hit."""

from contextlib import suppress

from tests.chaos.faults import (
    brokers,
    clocks,
    databases,
    messages,
    people,
    pictures,
    points,
    processes,
    stores,
)
from tests.chaos.faults.fault import Fault
from tests.chaos.site import Choice, disks_can_be_had
from tests.processing.faults.memory_groups import GroupsNotAllowed, memory_group
from tests.services import false_clock

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        *processes.FAULTS,
        *points.FAULTS,
        *people.FAULTS,
        *pictures.FAULTS,
        *clocks.FAULTS,
        *brokers.FAULTS,
        *databases.FAULTS,
        *stores.FAULTS,
        *messages.FAULTS,
    )
}


def applicable(choice: Choice) -> list[str]:
    """Return the names of the faults that this deployment can have."""
    servers = {choice.database, choice.broker, choice.storage, "redis"}
    if false_clock.available():
        servers.add("faketime")
    if disks_can_be_had(choice):
        servers.add("disks")
    with suppress(GroupsNotAllowed), memory_group():
        servers.add("memory-groups")
    if not choice.naive:
        servers.add("scheduler")
    return sorted(name for name, fault in FAULTS.items() if fault.needs <= servers)
