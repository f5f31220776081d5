"""The Kustomize files: rendered by kubectl, checked against Kubernetes' schemas and the queues."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from django.conf import settings

from config.capacity import Capacity
from config.queues import QUEUES
from config.worker import served_queues, sizing
from tests.docker.test_prometheus import RULES, read
from tests.services.programs import find_program

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "docker" / "kubernetes"
ROOTS = ("base", "migrate", "overlays/small", "overlays/autoscaled")
VERSION = "1.33"
UNITS = {"Mi": 1024**2, "Gi": 1024**3}
GROUP = re.compile(r'queue=~?"([^"]+)"')

Resource = dict[str, Any]


def render(folder: Path) -> list[Resource]:
    kubectl = find_program("kubectl")
    if kubectl is None:
        pytest.skip("kubectl not found: it renders Kustomize files without a cluster")
    done = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


@pytest.fixture(scope="module")
def rendered() -> dict[str, list[Resource]]:
    return {name: render(FOLDER / name) for name in ROOTS}


@pytest.fixture(scope="module")
def autoscaled(rendered: dict[str, list[Resource]]) -> list[Resource]:
    return rendered["overlays/autoscaled"]


def of_kind(resources: list[Resource], *kinds: str) -> dict[str, Resource]:
    return {each["metadata"]["name"]: each for each in resources if each["kind"] in kinds}


def workers(resources: list[Resource]) -> dict[str, Resource]:
    found = of_kind(resources, "Deployment")
    return {name: each for name, each in found.items() if name.startswith("worker-")}


def container(resource: Resource) -> Resource:
    (only,) = resource["spec"]["template"]["spec"]["containers"]
    found: Resource = only
    return found


def served_by(deployment: Resource) -> list[str]:
    role, *words = container(deployment)["args"]
    assert role == "worker"
    names = [word for word in words if not word.startswith("--")]
    return served_queues(names, bulk="--without-bulk" not in words)


def labels(resource: Resource) -> Resource:
    found: Resource = resource["spec"]["template"]["metadata"]["labels"]
    return found


@pytest.mark.parametrize("root", ROOTS)
def test_everything_fits_the_schemas_of_kubernetes(
    rendered: dict[str, list[Resource]], root: str
) -> None:
    known = [each for each in rendered[root] if each["kind"] != "ScaledObject"]
    for resource in known:
        kubernetes_validate.validate(resource, VERSION, strict=True)
    assert known


def test_a_misspelt_field_is_found(rendered: dict[str, list[Resource]]) -> None:
    web = of_kind(rendered["base"], "Deployment")["web"]
    broken = {**web, "spec": {**web["spec"], "replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSION, strict=True)


@pytest.mark.parametrize("root", ["base", "overlays/small", "overlays/autoscaled"])
def test_each_queue_has_exactly_one_deployment(
    rendered: dict[str, list[Resource]], root: str
) -> None:
    served = [queue for each in workers(rendered[root]).values() for queue in served_by(each)]
    assert sorted(served) == sorted(QUEUES)


def test_every_worker_fits_into_its_limits_and_may_finish(autoscaled: list[Resource]) -> None:
    for name, deployment in workers(autoscaled).items():
        limits = container(deployment)["resources"]["limits"]
        memory = int(limits["memory"][:-2]) * UNITS[limits["memory"][-2:]]
        size = sizing(served_by(deployment), Capacity(float(limits["cpu"]), memory))
        assert size.needed_bytes <= memory, name
        grace = deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        assert grace > settings.STAGE_HARD_LIMIT_SECONDS


@pytest.mark.parametrize("root", ROOTS)
def test_no_pod_has_rights_or_a_root_that_can_be_written(
    rendered: dict[str, list[Resource]], root: str
) -> None:
    pods = of_kind(rendered[root], "Deployment", "Job")
    assert pods
    for resource in pods.values():
        pod = resource["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container(resource)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} == container(resource)["resources"]["limits"].keys()


def test_budgets_and_spreads_are_about_their_own_pods(autoscaled: list[Resource]) -> None:
    budgets = of_kind(autoscaled, "PodDisruptionBudget")
    deployments = of_kind(autoscaled, "Deployment")
    assert budgets.keys() == {"web", *workers(autoscaled)}
    for name, budget in budgets.items():
        assert budget["spec"]["selector"]["matchLabels"] == labels(deployments[name])
        (spread,) = deployments[name]["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert spread["labelSelector"]["matchLabels"] == labels(deployments[name])


def test_nothing_comes_or_goes_but_what_a_policy_names(autoscaled: list[Resource]) -> None:
    policies = of_kind(autoscaled, "NetworkPolicy")
    nothing = policies["nothing"]["spec"]
    assert sorted(nothing["policyTypes"]) == ["Egress", "Ingress"]
    assert not {"ingress", "egress"} & nothing.keys()
    entered = [name for name, policy in policies.items() if policy["spec"].get("ingress")]
    assert entered == ["into-web"]
    web = of_kind(autoscaled, "Deployment")["web"]
    for policy in policies.values():
        assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels(web).items()


def test_web_is_asked_for_its_health_at_its_own_address(autoscaled: list[Resource]) -> None:
    web = container(of_kind(autoscaled, "Deployment")["web"])
    probes = {kind: web[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert probes == {
        "startup": {"path": "/healthz", "port": "http"},
        "liveness": {"path": "/healthz", "port": "http"},
        "readiness": {"path": "/readyz", "port": "http"},
    }
    names = [variable["name"] for variable in web["env"]]
    assert names.index("POD_IP") < names.index("DARKROOM_ALLOWED_HOSTS")


def test_workers_are_asked_by_the_health_check_of_the_image(autoscaled: list[Resource]) -> None:
    words = [*("python", "-I", "/opt/darkroom/bin/healthcheck.py"), "worker"]
    for deployment in workers(autoscaled).values():
        probes = [container(deployment)[f"{kind}Probe"] for kind in ("startup", "liveness")]
        assert [probe["exec"]["command"] for probe in probes] == [words, words]


def test_what_scales_has_no_number_of_its_own(autoscaled: list[Resource]) -> None:
    scaled = of_kind(autoscaled, "ScaledObject", "HorizontalPodAutoscaler").values()
    targets = {each["spec"]["scaleTargetRef"]["name"] for each in scaled}
    deployments = of_kind(autoscaled, "Deployment")
    assert targets == deployments.keys() - {"scheduler", "worker-maintenance"}
    assert all("replicas" not in deployments[name]["spec"] for name in targets)


def queries(scaled: Resource) -> Iterator[str]:
    """Yield what a ScaledObject asks, after a look at what KEDA wants of it."""
    spec = scaled["spec"]
    assert 1 <= spec["minReplicaCount"] < spec["maxReplicaCount"]
    for trigger in spec["triggers"]:
        assert trigger["type"] == "prometheus"
        assert trigger["metadata"].keys() == {"serverAddress", "query", "threshold"}
        assert float(trigger["metadata"]["threshold"]) > 0
        yield trigger["metadata"]["query"]


def test_each_queue_is_scaled_by_its_own_backlog_in_seconds_and_in_jobs(
    autoscaled: list[Resource],
) -> None:
    recorded = [rule.get("record") for group in read(RULES)["groups"] for rule in group["rules"]]
    deployments = workers(autoscaled)
    for name, scaled in of_kind(autoscaled, "ScaledObject").items():
        seconds, jobs = queries(scaled)
        assert re.findall(r"darkroom:\w+", seconds) == ["darkroom:queue_backlog_seconds"]
        assert "darkroom:queue_backlog_seconds" in recorded
        assert re.findall(r"darkroom_\w+", jobs) == ["darkroom_queue_backlog_jobs"]
        for query in (seconds, jobs):
            (group,) = GROUP.findall(query)
            served = {queue for queue in served_by(deployments[name]) if queue in group.split("|")}
            assert served == set(group.split("|")) == set(served_by(deployments[name]))


def test_the_settings_document_knows_each_variable() -> None:
    document = (PROJECT / "docs" / "settings.md").read_text()
    lines = (FOLDER / "base" / "settings.env").read_text().splitlines()
    named = [line.partition("=")[0] for line in lines if line.startswith("DARKROOM_")]
    assert len(named) > 8
    for name in named:
        short = name.removeprefix("DARKROOM_").removesuffix("_FILE")
        assert f"`{short}`" in document
