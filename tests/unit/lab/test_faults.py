from pathlib import Path

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from lab import fault_files, faults
from lab.images.manifest import Layer, make
from lab.images.registry import Registry
from lab.part import LabError
from lab.runtime.gunicorn_faults import MODES, Fault
from lab.settings import Settings

DIGEST = f"sha256:{'a' * 64}"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, network="127.81", cache=tmp_path / "cache")


@given(st.sampled_from(sorted(MODES)), st.floats(0, 1, exclude_min=True), st.floats(0, 1000), st.floats(0, 1000))
def test_what_was_asked_for_is_what_a_task_reads(mode: str, share: float, delay: float, rate: float) -> None:
    fault = faults.make(mode, share, delay, rate)
    assert fault == Fault(mode, share, delay, rate)


def test_defaults() -> None:
    assert faults.make("errors") == Fault("errors", 0.05, 2.0, 10.0)
    assert faults.make("slow") == Fault("slow", 1.0, 2.0, 10.0)
    assert faults.make("none", 0.5) is None


@pytest.mark.parametrize(
    ("mode", "share", "delay", "words"),
    [
        ("error", None, None, "no fault is called 'error'. There are: none, errors, slow"),
        ("errors", 0, None, "the share is 0, but must be above 0"),
        ("errors", 5, None, "the share is 5, but must be"),
        ("errors", float("nan"), None, "the share is nan"),
        ("slow", None, -1, "the delay is -1 s"),
        ("slow", None, float("inf"), "the delay is inf s"),
    ],
)
def test_bad_words(mode: str, share: float | None, delay: float | None, words: str) -> None:
    with pytest.raises(LabError) as caught:
        faults.make(mode, share, delay)
    assert words in str(caught.value)


@pytest.mark.parametrize("rate", [-1, float("nan"), float("inf")])
def test_a_rate_is_a_number(rate: float) -> None:
    with pytest.raises(LabError, match="the rate is"):
        faults.make("overload", rate=rate)


def test_the_state_file_is_the_one_the_tasks_are_told(settings: Settings) -> None:
    faults.inject(settings, DIGEST, "overload", 0.5, 3, 20)
    path = Path(fault_files.task_environment(settings, DIGEST)["LAB_FAULT"])
    assert Fault.parse(path.read_text()) == Fault("overload", 0.5, 3, 20)
    faults.inject(settings, DIGEST, "none")
    assert not path.exists()
    faults.inject(settings, DIGEST, "none")


def test_overview(settings: Settings) -> None:
    other = f"sha256:{'b' * 64}"
    assert faults.overview(settings)[0] == "no faults"
    assert faults.inject(settings, DIGEST, "errors") == f"{DIGEST}: errors (5% of requests)"
    assert faults.inject(settings, other, "slow", delay=0.5) == f"{other}: slow (100% of requests, 0.5 s)"
    assert faults.overview(settings)[:2] == [
        f"{DIGEST}: errors (5% of requests)",
        f"{other}: slow (100% of requests, 0.5 s)",
    ]
    overload = faults.inject(settings, other, "overload", rate=7)
    assert overload == f"{other}: overload (50% of requests, above 7 a second and task)"
    faults.inject(settings, other, "slow", delay=0.5)
    assert faults.overview(settings, other)[:2] == [f"{other}: slow (100% of requests, 0.5 s)", ""]
    assert {line.split()[0] for line in faults.overview(settings)[3:]} == {"none", *MODES}


def test_an_image_by_its_tag(settings: Settings) -> None:
    with mock_aws():
        registry = Registry(settings, boto3.client("ecr", region_name=settings.region))
        made = make([Layer(DIGEST, 1)], {}, ("python",), "x86_64")
        registry.put("app", "1", made)
        assert faults.inject(settings, "app:1", "failing-health", registry=registry) == "app:1: failing-health"
        assert [item.digest for item in fault_files.listed(settings)] == [made.digest]
        with pytest.raises(LabError, match="no image app:2 in the registry"):
            faults.inject(settings, "app:2", "errors", registry=registry)
        with pytest.raises(LabError, match="name an image as NAME:TAG or by its digest"):
            faults.inject(settings, "Not An Image", "errors", registry=registry)
