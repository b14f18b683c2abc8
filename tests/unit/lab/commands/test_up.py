import socket
from pathlib import Path

import pytest

from lab.aws.server import listen
from lab.commands.up import check_platform
from lab.part import LabError


@pytest.mark.parametrize(("system", "machine"), [("Darwin", "arm64"), ("Linux", "riscv64")])
def test_an_unfit_platform_gets_one_clear_line(system: str, machine: str) -> None:
    with pytest.raises(LabError) as refusal:
        check_platform(system, machine)
    assert f"this is {system} on {machine}" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_linux_is_fit(machine: str) -> None:
    check_platform("Linux", machine)


def test_an_address_that_is_taken_names_lab_network(tmp_path: Path) -> None:
    with socket.create_server(("127.90.0.9", 0)) as taken, pytest.raises(LabError, match=r"in use.*LAB_NETWORK"):
        listen(*taken.getsockname())
