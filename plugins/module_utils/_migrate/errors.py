# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What goes wrong in a migration, and PyMongo's exceptions in words for the person who ran it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError

with suppress(ImportError):  # server.connect says so before anything of this file is used
    import pymongo.errors as sdk

DUPLICATE_KEY = 11000
COMMAND_NOT_FOUND = 59
_DENIED = (13, 8000)
_NOT_AUTHENTICATED = (18, 8000)
_LOST = (260, 280, 286)
# Cursors that the server has closed, in a failover for instance: QueryPlanKilled, CursorKilled, CursorNotFound.
_CLOSED = (43, 175, 237)
# https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml: InvalidResumeToken,
# ChangeStreamFatalError, ChangeStreamHistoryLost.

START_ANEW = (
    "The copy can no longer be brought up to date: run the stage discard, which empties the target of what this "
    "migration wrote, then start again with preflight. The source is as it was."
)


class MigrationError(CalstackError):
    """The migration cannot go on. The source has lost nothing, and the target says how far it came."""


class UnreachableError(MigrationError):
    """A server does not answer, or not with a certificate that is trusted."""


class LoginError(MigrationError):
    """A server does not accept the user or the password."""


class LostTokenError(MigrationError):
    """The server no longer knows what happened since the position that was saved."""


class DefinitionChangedError(MigrationError):
    """A collection was dropped or renamed while it was followed."""

    def __init__(self, operation: str, namespace: str) -> None:
        self.operation, self.namespace = operation, namespace
        super().__init__(
            f"following the source: {namespace} saw a {operation} during the migration, which cannot be repeated "
            f"safely on the target. {START_ANEW} Until the switch nobody may drop or rename collections "
            f"(aggregations with $out do so too)."
        )


class StillWrittenError(MigrationError):
    """Writes arrived after they had been said to have stopped. They have been applied to the target."""

    def __init__(self, side: str, counts: Mapping[str, int]) -> None:
        self.counts = dict(counts)
        names = ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
        super().__init__(
            f"the {side} is still written to, in {names}. Nothing is lost: these writes are on both sides. "
            f"Stop whatever writes (the application, its jobs, consoles), then run the same command again."
        )


class DifferenceError(MigrationError):
    """Both sides are quiet and not equal."""

    def __init__(self, differences: tuple[str, ...]) -> None:
        self.differences = differences
        shown = "; ".join(differences[:20])
        more = f"; and {len(differences) - 20} more" if len(differences) > 20 else ""
        super().__init__(
            f"verifying: source and target differ: {shown}{more}. Nothing has been switched. If somebody else wrote to "
            f"the target, run the stage discard and start anew with preflight."
        )


class TakenError(MigrationError):
    """Another process works on the same migration."""


@contextmanager
def doing(words: str) -> Iterator[None]:
    """Translate what PyMongo raises inside. Connection strings and documents never become part of a message."""
    try:
        yield
    except sdk.OperationFailure as error:
        raise refused(words, error) from None
    except sdk.ConnectionFailure as error:
        raise unreachable(words, error) from None
    except sdk.PyMongoError as error:
        raise MigrationError(f"{words}: {type(error).__name__}: {_plain(str(error))}.") from None


def refused(words: str, error: Any) -> MigrationError:
    """The server's refusal, `error` being an OperationFailure."""
    first = first_refusal(error)
    code = first.get("code", error.code)
    said = _plain(str(first.get("errmsg") or type(error).__name__))
    if code in _NOT_AUTHENTICATED and "auth" in said.lower():
        return LoginError(
            f"{words}: the server does not accept the user or the password ({code}: {said}). Check the connection "
            f"string (user and password percent-encoded, the right authSource), and that the user still exists."
        )
    if code in _CLOSED:
        return UnreachableError(f"{words}: the server closed the cursor ({code}: {said}). Run the same command again.")
    if code in _DENIED:
        return MigrationError(
            f"{words}: the user may not do this ({code}: {said}). Give the user the roles that docs/migration.md names."
        )
    if code in _LOST:
        return LostTokenError(
            f"{words}: the server no longer has the changes since the saved position ({code}: {said}): its oplog was "
            f"too short for the time that has passed. {START_ANEW}"
        )
    return MigrationError(f"{words}: the server answered {code}: {said}.")


def first_refusal(error: Any) -> Mapping[str, Any]:
    """What the server said of the first write that it refused, or of the whole request."""
    details: Mapping[str, Any] = error.details or {}
    writes: list[Mapping[str, Any]] = details.get("writeErrors") or []
    return writes[0] if writes else details


def unreachable(words: str, error: Exception) -> UnreachableError:
    """No answer, `error` being a ConnectionFailure."""
    said = _plain(str(error).split(", Timeout:")[0])
    if "certificate" in said.lower() or "ssl" in said.lower():
        advice = "Check tls and tlsCAFile in the connection string, and that the host's name is the certificate's."
    else:
        advice = "Check the host, the network in between, and on Atlas that the access list has this machine's address."
    return UnreachableError(f"{words}: no answer: {said}. {advice}")


def _plain(said: str) -> str:
    """Without the values of a duplicate key, which are the application's data, and without PyMongo's appendix."""
    return said.split(" dup key:")[0].split(", full error:")[0].rstrip(". ")
