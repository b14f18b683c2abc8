# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What Fargate offers. Pure."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

GB = 1024

SIZES: dict[int, tuple[int, ...]] = {
    256: (512, 1 * GB, 2 * GB),
    512: tuple(range(1 * GB, 4 * GB + 1, GB)),
    1024: tuple(range(2 * GB, 8 * GB + 1, GB)),
    2048: tuple(range(4 * GB, 16 * GB + 1, GB)),
    4096: tuple(range(8 * GB, 30 * GB + 1, GB)),
    8192: tuple(range(16 * GB, 60 * GB + 1, 4 * GB)),
    16384: tuple(range(32 * GB, 120 * GB + 1, 8 * GB)),
}
"""Memory in MiB by CPU units: Amazon ECS Developer Guide, "Task size"."""


def check_size(cpu: int, memory: int) -> None:
    """Raise InputError for a pair Fargate does not offer: CPU in units (1024 = 1 vCPU), memory in MiB."""
    if cpu not in SIZES:
        raise InputError(f"app_cpu is {cpu}; Fargate offers {_list(tuple(SIZES))} CPU units (1024 are one vCPU).")
    if memory not in SIZES[cpu]:
        raise InputError(f"app_memory is {memory} MiB; with app_cpu {cpu} Fargate offers {_list(SIZES[cpu])}.")


def _list(values: tuple[int, ...]) -> str:
    """All of a short list; of a long one the ends and the step."""
    if len(values) <= 8:
        return f"{', '.join(str(value) for value in values[:-1])} or {values[-1]}"
    return f"{values[0]} to {values[-1]} in steps of {values[1] - values[0]}"
