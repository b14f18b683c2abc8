"""docker/docker-compose.yml: what it opens, in which order it starts, and what its .env.example tells."""

import re
from typing import Any

import pytest
import yaml

from lab.settings import CHECKOUT

DOCKER = CHECKOUT / "docker"
TEXT = (DOCKER / "docker-compose.yml").read_text()
SERVICES: dict[str, Any] = yaml.safe_load(TEXT)["services"]
EXAMPLE = dict(
    line.split("=", 1) for line in (DOCKER / ".env.example").read_text().splitlines() if re.match("[A-Z]", line)
)
SHARED: dict[str, Any] = yaml.safe_load((CHECKOUT / "group_vars" / "all.yml").read_text())


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_this_machine_only(name: str) -> None:
    assert SERVICES[name]["ports"]
    assert [port for port in SERVICES[name]["ports"] if not port.startswith("127.0.0.1:")] == []
    assert "network_mode" not in SERVICES[name]


def test_the_application_starts_when_the_others_are_well() -> None:
    assert SERVICES["app"]["depends_on"] == {
        name: {"condition": "service_healthy"} for name in SERVICES if name != "app"
    }
    assert all("healthcheck" in service for name, service in SERVICES.items() if name != "app")


def test_the_application_is_as_confined_as_in_production() -> None:
    app = SERVICES["app"]
    assert (app["read_only"], app["cap_drop"], app["security_opt"]) == (True, ["ALL"], ["no-new-privileges"])
    assert [volume for volume in app["volumes"] if not volume.endswith(":ro")] == []


def test_the_example_gives_all_that_the_application_is_given_in_production() -> None:
    wanted = {*SHARED["app_environment"], *SHARED["app_secrets"]}
    assert wanted <= set(EXAMPLE)
    required = SERVICES["app"]["environment"]["REQUIRED_VARIABLES"].split()
    assert set(required) <= set(EXAMPLE) | set(SERVICES["app"]["environment"])


def test_the_example_says_what_is_the_default_anyway() -> None:
    defaults = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", TEXT))
    assert {name: defaults[name] for name in defaults.keys() & EXAMPLE.keys()} == {
        name: EXAMPLE[name] for name in defaults.keys() & EXAMPLE.keys()
    }
    assert {"APP_SOURCE", "DOCKERFILE", "APP_PORT", "MONGO_PORT", "MAIL_PORT"} <= EXAMPLE.keys()


def test_ones_own_values_stay_out_of_git() -> None:
    assert "/docker/.env" in (CHECKOUT / ".gitignore").read_text().splitlines()
