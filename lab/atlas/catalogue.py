"""All operations of the lab's Atlas."""

from lab.atlas import access, backups, clusters, endpoints, flex, projects, users
from lab.atlas.operations import Operation

SERVICE = "atlas"
ISSUE = "createToken"
"""POST /api/oauth/token, which is outside the versioned API."""

OPERATIONS: tuple[Operation, ...] = (
    *projects.OPERATIONS,
    *clusters.OPERATIONS,
    *flex.OPERATIONS,
    *users.OPERATIONS,
    *access.OPERATIONS,
    *endpoints.OPERATIONS,
    *backups.OPERATIONS,
)
NAMES = (ISSUE, *(operation.name for operation in OPERATIONS))


def find(method: str, raw_path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation of a request and the parameters of its path, or None."""
    for operation in OPERATIONS:
        found = operation.match(method, raw_path)
        if found is not None:
            return operation, found
    return None
