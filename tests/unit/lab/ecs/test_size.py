import pytest

from lab.ecs.size import cpus, mebibytes


@pytest.mark.parametrize(
    ("size", "number"), [("256", 0.25), (2048, 2), (".5 vCPU", 0.5), ("1vcpu", 1), (None, None), (0, None)]
)
def test_cpus(size: object, number: float | None) -> None:
    assert cpus(size) == number


@pytest.mark.parametrize(
    ("size", "number"), [("512", 512), (1024, 1024), ("0.5 GB", 512), ("1GB", 1024), (None, None), (0, None)]
)
def test_mebibytes(size: object, number: int | None) -> None:
    assert mebibytes(size) == number


def test_what_is_no_size() -> None:
    with pytest.raises(ValueError, match="much"):
        cpus("much")
