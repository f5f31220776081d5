"""Which faults a deployment can have."""

import pytest

from tests.chaos.faults import FAULTS, applicable
from tests.chaos.site import Choice


@pytest.mark.parametrize(
    ("choice", "there", "missing"),
    [
        (
            Choice(storage="s3"),
            {"s3-errors", "postgres-restart"},
            {"full-disk", "rabbitmq-restart"},
        ),
        (Choice(broker="rabbitmq"), {"rabbitmq-restart", "malformed-message"}, {"s3-down"}),
        (Choice(database="sqlite"), {"redis-frozen"}, {"postgres-restart", "clock-off"}),
        (Choice(naive=True), {"kill-child"}, {"second-scheduler"}),
    ],
)
def test_a_deployment_has_the_faults_of_its_parts(
    choice: Choice, there: set[str], missing: set[str]
) -> None:
    names = set(applicable(choice))
    assert there <= names <= set(FAULTS)
    assert not missing & names


def test_names_of_faults_are_their_own() -> None:
    assert [name for name, fault in FAULTS.items() if fault.name != name] == []
    assert len(FAULTS) >= 33
