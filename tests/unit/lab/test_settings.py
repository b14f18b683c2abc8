import pytest

from lab.part import LabError
from lab.settings import Settings


@pytest.mark.parametrize("network", ["127.0", "127.80", "127.255"])
def test_a_network_of_loopback_addresses(network: str) -> None:
    assert Settings.from_environment({"LAB_NETWORK": network}).aws_address[0] == f"{network}.0.1"


@pytest.mark.parametrize(
    "network", ["0.0", "10.0", "127", "127.256", "127.80.1", "127.-1", "127.08", "127.80\n", " 127.80", "127.x"]
)
def test_any_other_network_is_refused(network: str) -> None:
    with pytest.raises(LabError, match="LAB_NETWORK"):
        Settings.from_environment({"LAB_NETWORK": network})


def test_a_delay_is_in_seconds() -> None:
    assert Settings.from_environment({"LAB_METRICS_DELAY": "1.5"}).metrics_delay == 1.5
    assert Settings.from_environment({}).metrics_delay == 0


def test_a_cluster_takes_its_time() -> None:
    assert Settings.from_environment({"LAB_ATLAS_SECONDS": "0.5"}).atlas_seconds == 0.5
    assert Settings.from_environment({"LAB_EDGE_SECONDS": "0.5"}).edge_seconds == 0.5
    assert Settings.from_environment({}).atlas_seconds == 2


@pytest.mark.parametrize("name", ["LAB_METRICS_DELAY", "LAB_ATLAS_SECONDS", "LAB_EDGE_SECONDS"])
@pytest.mark.parametrize("delay", ["soon", "-1", "nan", "inf"])
def test_any_other_delay_is_refused(name: str, delay: str) -> None:
    with pytest.raises(LabError, match=name):
        Settings.from_environment({name: delay})


def test_what_plays_a_task() -> None:
    assert Settings.from_environment({}).runner == "process"
    given = Settings.from_environment({"LAB_RUNNER": "docker", "LAB_ENGINE": "podman"})
    assert (given.runner, given.engine) == ("docker", "podman")
    with pytest.raises(LabError, match="LAB_RUNNER is 'podman', but must be process or docker"):
        Settings.from_environment({"LAB_RUNNER": "podman"})
