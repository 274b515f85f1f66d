"""The chart keeps what compose and one machine keep: the same commands, each secret with those who may hold it,
networks that reach what is needed. Checked on what it gives with its defaults, by the schemas of Kubernetes.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from lrs_platform import __version__
from lrs_platform.local.credentials import OFFSETS
from lrs_platform.local.processes import PROCESSES, secret_settings
from lrs_platform_tests.helm_chart import CHART, RENDERED, digest, rendered

ROOT = Path(__file__).resolve().parents[1]
OBJECTS: list[dict[str, Any]] = [
    found for found in yaml.safe_load_all(RENDERED.read_text(encoding="utf-8")) if found is not None
]
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
DAGSTER: dict[str, Any] = yaml.safe_load((ROOT / "deploy/helm/dagster-values.yaml").read_text(encoding="utf-8"))
INSTANCE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/dagster.yaml").read_text(encoding="utf-8"))


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    return [found for found in OBJECTS if found["kind"] in kinds]


def pods() -> dict[str, dict[str, Any]]:
    """The pods' specifications by process."""
    return {
        found["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]: found["spec"]["template"][
            "spec"
        ]
        for found in of_kind("Deployment", "Job")
    }


def keys(pod: dict[str, Any]) -> set[str]:
    """Keys of the Secret that a pod sees."""
    return {item["key"] for volume in pod["volumes"] if "secret" in volume for item in volume["secret"]["items"]}


def settings_of(name: str) -> set[str]:
    return {f"LRS_{held.upper()}" for held in PROCESSES[name].holds}


def test_what_is_kept_was_made_from_the_chart_as_it_is() -> None:
    renew = "renew it where helm is installed: .venv/bin/python -m lrs_platform_tests.helm_chart"
    assert digest() in RENDERED.read_text(encoding="utf-8").splitlines()[0], renew
    if shutil.which("helm"):
        now = [found for found in yaml.safe_load_all(rendered()) if found is not None]
        assert sorted(map(str, now)) == sorted(map(str, OBJECTS)), renew


@pytest.mark.parametrize("found", OBJECTS, ids=[f"{one['kind']}-{one['metadata']['name']}" for one in OBJECTS])
def test_an_object_is_valid_by_the_schemas_of_kubernetes(found: dict[str, Any]) -> None:
    kubernetes_validate.validate(found, "1.34", strict=True)


def test_the_schemas_notice_a_mistake() -> None:
    [service] = [one for one in of_kind("Service") if one["metadata"]["name"] == "lrs-gateway"]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**service, "spec": {**service["spec"], "port": 1}}, "1.34", strict=True)


@pytest.mark.parametrize("name", VALUES["processes"])
def test_a_process_runs_as_it_does_elsewhere_and_holds_no_more(name: str) -> None:
    process = VALUES["processes"][name]
    assert process["command"] == list(PROCESSES[name].command)
    assert process["port"] == 8000 + OFFSETS[name]
    assert set(process["holds"]) == settings_of(name)


def test_a_pod_sees_the_secrets_that_its_process_may_hold_and_no_others() -> None:
    enabled = {name for name, process in VALUES["processes"].items() if process.get("enabled", True)}
    assert pods().keys() == enabled | {"bootstrap"}
    for name, pod in pods().items():
        assert keys(pod) == settings_of(name) | ({"credentials.json"} if name == "bootstrap" else set())


def test_no_secret_stands_in_what_is_rendered() -> None:
    assert of_kind("Secret") == []
    secret_variables = {f"LRS_{name.upper()}" for name in secret_settings()}
    for pod in pods().values():
        assert not secret_variables & {variable["name"] for variable in pod["containers"][0]["env"]}


def test_every_pod_is_without_root_capabilities_and_a_service_account() -> None:
    for name, pod in pods().items():
        [container] = pod["containers"]
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }, name  # fmt: skip
        assert container["resources"]["limits"]["memory"], name
        assert container["resources"]["requests"]["cpu"], name


def test_every_server_has_its_probes() -> None:
    for found in of_kind("Deployment"):
        [container] = found["spec"]["template"]["spec"]["containers"]
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()


def test_every_pod_has_a_policy_and_the_sandbox_reaches_nothing() -> None:
    policies = {found["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"]: found["spec"]
                for found in of_kind("NetworkPolicy")}  # fmt: skip
    assert policies.keys() == pods().keys()
    assert all(policy["policyTypes"] == ["Ingress", "Egress"] for policy in policies.values())
    assert policies["python"]["egress"] == []
    assert policies["bootstrap"]["ingress"] == []
    ports = {name: {port["port"] for rule in policy["egress"] for port in rule.get("ports", ())} - {53}
             for name, policy in policies.items()}  # fmt: skip
    assert ports == {
        "gateway": {5432, 6379, 8003, 8004, 8005}, "warehouse": {5432}, "dbhub": {5432}, "python": set(),
        "bootstrap": {5432, 6379},
    }  # fmt: skip


def test_the_gateway_alone_is_reached_from_outside() -> None:
    assert {found["spec"]["type"] for found in of_kind("Service")} == {"ClusterIP"}
    reached = {name for name, process in VALUES["processes"].items() if "ingress" in process["from"]}
    assert reached == {"gateway"}


def test_the_code_server_of_dagsters_chart_holds_what_the_process_may() -> None:
    [deployment] = DAGSTER["dagster-user-deployments"]["deployments"]
    assert {item["key"] for item in deployment["volumes"][0]["secret"]["items"]} == settings_of("code-server")
    assert deployment["codeServerArgs"] == ["-m", "lrs_platform.definitions"]
    assert (deployment["name"], deployment["port"]) == (
        VALUES["dagster"]["codeServerHost"],
        VALUES["dagster"]["codeServerPort"],
    )


def test_dagsters_instance_is_set_as_on_one_machine() -> None:
    daemon = DAGSTER["dagsterDaemon"]
    assert daemon["sensors"]["useThreads"] is INSTANCE["sensors"]["use_threads"] is False
    assert daemon["runMonitoring"]["maxRuntimeSeconds"] == INSTANCE["run_monitoring"]["max_runtime_seconds"]
    assert daemon["runRetries"]["maxRetries"] == INSTANCE["run_retries"]["max_retries"]
    for ticks in ("sensor", "schedule"):
        assert DAGSTER["retention"][ticks]["purgeAfterDays"] == INSTANCE["retention"][ticks]["purge_after_days"]
    assert DAGSTER["telemetry"]["enabled"] is False


def test_every_network_policy_that_opens_the_outside_leaves_inner_addresses_closed() -> None:
    for found in of_kind("NetworkPolicy"):
        for rule in found["spec"]["egress"]:
            for place in rule.get("to", ()):
                if place.get("ipBlock", {}).get("cidr") == "0.0.0.0/0":
                    assert "169.254.0.0/16" in place["ipBlock"]["except"]  # where clouds give out credentials


def test_the_chart_says_one_version_with_the_package() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert chart["appVersion"] == __version__
