"""Addresses of subnets: a task takes one, and cannot start where none is left."""

from collections.abc import Mapping, Sequence
from typing import Any

from moto.ec2.exceptions import InvalidSubnetIdError
from moto.ec2.models import ec2_backends
from moto.ec2.models.subnets import Subnet
from moto.ecs.models import EC2ContainerServiceBackend, Task

NO_ROOM = "lab_no_room"


def roomiest_first(backend: EC2ContainerServiceBackend, subnets: Sequence[str]) -> list[str]:
    """The subnets, that with the most addresses left first: tasks spread, as Fargate's do; moto takes the first one."""
    return sorted(subnets, key=lambda name: -addresses_left(backend, name))


def addresses_left(backend: EC2ContainerServiceBackend, name: str) -> int:
    try:
        subnet: Subnet = ec2_backends[backend.account_id][backend.region_name].get_subnet(name)
    except InvalidSubnetIdError:
        return 0  # RunTask itself refuses it
    left: int = subnet.available_ip_address_count
    return left


def no_room(backend: EC2ContainerServiceBackend, awsvpc: Mapping[str, Any]) -> str:
    """Why a task cannot have an address in the first subnet, in ECS's words; empty if it can."""
    subnet = awsvpc["subnets"][0]
    if addresses_left(backend, subnet) > 0:
        return ""
    public = awsvpc.get("assignPublicIp", "DISABLED").lower()
    return (
        f"Unexpected EC2 error while attempting to Create Network Interface with public IP assignment {public} in "
        f"subnet '{subnet}': InsufficientFreeAddressesInSubnet"
    )


def reason(task: Task) -> str:
    """Why the task got no address when it was made; empty if it got one."""
    found: str = vars(task).get(NO_ROOM, "")
    return found
