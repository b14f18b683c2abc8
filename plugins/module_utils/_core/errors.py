# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The collection's one family of exceptions: each message is for the person who ran the playbook."""

from __future__ import annotations

from collections.abc import Mapping


class CalstackError(Exception):
    """Something the user can act on: what was being done, what is wrong, what to try."""


class InputError(CalstackError):
    """A variable is missing or wrong. Nothing has been changed."""


class FixedPropertyError(CalstackError):
    """AWS cannot change this property of an existing resource."""

    def __init__(self, kind: str, name: str, prop: str, there: object, wanted: object) -> None:
        super().__init__(
            f"{kind} {name}: {prop} is {there!r} and {wanted!r} is wanted, but AWS cannot change it in place. "
            f"Put the old value back, or take the component down first (playbooks/destroy.yml) and build it anew."
        )


class AmbiguousError(CalstackError):
    """Two resources go by the same name."""

    def __init__(self, kind: str, name: str, ids: tuple[str, str]) -> None:
        super().__init__(
            f"two resources are the {kind} {name}: {ids[0]} and {ids[1]}. "
            f"Delete or untag the one that is not in use, then run again."
        )


class ForeignError(CalstackError):
    """A resource has our name but not our tags."""

    def __init__(self, kind: str, name: str, ident: str, tags: Mapping[str, str]) -> None:
        ours = ", ".join(f"{key}={value}" for key, value in tags.items())
        super().__init__(
            f"{kind} {name} ({ident}) exists but does not carry the tags {ours}: it belongs to somebody else. "
            f"Choose another name, or tag it if it is really this environment's."
        )


class AwsError(CalstackError):
    """AWS refused a request."""

    def __init__(self, doing: str, code: str, message: str) -> None:
        self.code = code
        super().__init__(f"{doing}: AWS answered {code}: {message}.{_advice(code)}")


class NotReadyError(CalstackError):
    """A resource did not become ready in time."""

    def __init__(self, what: str, seconds: float, last_seen: str) -> None:
        super().__init__(
            f"{what} was not ready after {seconds:.0f} s; last seen: {last_seen}. "
            f"Run the same command again: it goes on from here."
        )


_ADVICE = {
    ("ExpiredToken", "ExpiredTokenException", "RequestExpired"): "Log in again: the credentials have expired",
    ("InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "SignatureDoesNotMatch"): (
        "Check AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    ),
    ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"): (
        "The credentials lack this permission: see docs/permissions.md"
    ),
    ("LimitExceeded", "LimitExceededException", "VpcLimitExceeded", "AddressLimitExceeded"): (
        "Raise the quota in Service Quotas or remove what is not used"
    ),
}


def _advice(code: str) -> str:
    for codes, words in _ADVICE.items():
        if code in codes:
            return f" {words}."
    return ""
