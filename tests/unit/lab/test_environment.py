import os
import subprocess
from pathlib import Path

import pytest

from lab import database, environment
from lab.commands.up import leads_elsewhere
from lab.settings import Settings

LAB = [
    "127.90.0.1",
    "127.90.0.3",
    "127.90.0.4",
    "127.90.0.6",
    *(f"127.90.{part}.{number}" for part in (1, 2) for number in range(1, 9)),
]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(database, "uri", lambda _: "mongodb://it's")
    made = Settings(home=tmp_path, network="127.90", cache=tmp_path)
    environment.write(made)
    return made


def sourced(settings: Settings, **before: str) -> dict[str, str]:
    """The environment of a strict shell that has read the file."""
    done = subprocess.run(
        ["sh", "-euc", '. "$1"; env -0', "sh", environment.path(settings)],
        env={"PATH": os.environ["PATH"], **before},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if line)


def test_a_shell_gets_the_variables(settings: Settings) -> None:
    assert sourced(settings).items() >= environment.variables(settings).items()
    assert environment.path(settings).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        ({}, []),
        ({"NO_PROXY": "localhost,127.0.0.1"}, ["localhost", "127.0.0.1"]),
        ({"no_proxy": "localhost"}, ["localhost"]),
    ],
)
def test_a_proxy_does_not_get_the_lab_s_traffic(settings: Settings, before: dict[str, str], kept: list[str]) -> None:
    after = sourced(settings, HTTP_PROXY="http://proxy:3128", **before)
    assert after["NO_PROXY"].split(",") == after["no_proxy"].split(",") == [*kept, *LAB]


def test_each_spelling_of_no_proxy_keeps_what_it_had(settings: Settings) -> None:
    after = sourced(settings, NO_PROXY="upper", no_proxy="lower")
    assert (after["NO_PROXY"].split(",")[0], after["no_proxy"].split(",")[0]) == ("upper", "lower")


def test_no_profile_or_token_stands_beside_the_keys(settings: Settings) -> None:
    after = sourced(settings, AWS_PROFILE="work", AWS_DEFAULT_PROFILE="work", AWS_SESSION_TOKEN="t")
    assert not {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"} & set(after)


def test_no_api_key_stands_beside_the_service_account(settings: Settings) -> None:
    after = sourced(settings, MONGODB_ATLAS_PUBLIC_KEY="p", MONGODB_ATLAS_PRIVATE_KEY="k")
    assert {name for name in after if name.startswith("MONGODB_ATLAS_")} == {
        "MONGODB_ATLAS_BASE_URL",
        "MONGODB_ATLAS_CLIENT_ID",
        "MONGODB_ATLAS_CLIENT_SECRET",
        "MONGODB_ATLAS_ORG_ID",
    }
    assert after["MONGODB_ATLAS_BASE_URL"] == "http://127.90.0.4:8081"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "ALL_PROXY", "AWS_PROFILE", "MOTO_PORT"])
def test_the_daemon_does_not_see_proxies_and_accounts(name: str) -> None:
    assert leads_elsewhere(name)
    assert not leads_elsewhere("PATH")
