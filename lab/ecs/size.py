"""A task's size in the spellings that RegisterTaskDefinition takes: `256` or `.25 vCPU`, `512` or `0.5 GB`.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html#task_size
"""

UNITS_A_CPU = 1024
MEBIBYTES_A_GB = 1024


def cpus(size: object) -> float | None:
    """In vCPUs; None for no limit. Raises ValueError."""
    number, unit = _parse(size)
    return (number if unit == "vcpu" else number / UNITS_A_CPU) or None


def mebibytes(size: object) -> int | None:
    """In MiB; None for no limit. Raises ValueError."""
    number, unit = _parse(size)
    return int(number * MEBIBYTES_A_GB if unit == "gb" else number) or None


def _parse(size: object) -> tuple[float, str]:
    text = str(size or 0).lower()
    unit = next((unit for unit in ("vcpu", "gb") if text.endswith(unit)), "")
    return float(text.removesuffix(unit)), unit
