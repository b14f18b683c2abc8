"""What Atlas refuses, in its words. `lab/README.md` says which codes are from memory."""

import re
from http import HTTPStatus
from typing import Any

TAG = re.compile(r"[A-Za-z0-9 ;@_.+-]{1,255}")


class RefusedError(Exception):
    """An answer that is an error. `parameters` are what Atlas repeats of the request, never a secret."""

    def __init__(self, status: int, code: str, detail: str, *parameters: object) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        return {
            "detail": self.detail,
            "error": self.status,
            "errorCode": self.code,
            "parameters": list(self.parameters),
            "reason": HTTPStatus(self.status).phrase,
        }


def unauthorized() -> RefusedError:
    return RefusedError(401, "UNAUTHORIZED", "You are not authorized for this resource.")


def no_such_path(path: str) -> RefusedError:
    return RefusedError(404, "RESOURCE_NOT_FOUND", f"Cannot find resource {path}.", path)


def no_such_project(identity: str) -> RefusedError:
    return RefusedError(404, "GROUP_NOT_FOUND", f"No group with ID {identity} exists.", identity)


def no_such_cluster(name: str, project: str) -> RefusedError:
    return RefusedError(404, "CLUSTER_NOT_FOUND", f"No cluster named {name} exists in group {project}.", name, project)


def invalid(attribute: str, why: str = "") -> RefusedError:
    return RefusedError(
        400, "INVALID_ATTRIBUTE", f"Invalid attribute {attribute} specified." + (f" {why}" if why else ""), attribute
    )


def check_tags(given: object) -> None:
    """Raises RefusedError for tags that Atlas does not take."""
    for tag in given if isinstance(given, list) else []:
        for part in ("key", "value"):
            if not TAG.fullmatch(str(tag.get(part, ""))):
                raise invalid("tags", f"The {part} of a tag has letters, digits, spaces and ; @ _ - . + only.")


def missing(attribute: str) -> RefusedError:
    return RefusedError(400, "MISSING_ATTRIBUTE", f"The required attribute {attribute} was not specified.", attribute)
