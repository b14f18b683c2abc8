"""What the lab's process asks of each of its parts."""

from typing import Protocol


class Part(Protocol):
    """A piece of the lab that is started, ticked and stopped by the daemon, always in one thread."""

    name: str

    def start(self) -> None:
        """Return when the part is ready; raise LabError with a message for the user if it cannot be."""

    def tick(self) -> float:
        """Do what is due and return the seconds until it should be called again at the latest."""
        ...

    def trouble(self) -> str | None:
        """What is wrong with the part, in words for `lab status`, or None."""

    def stop(self) -> None:
        """Leave no process and no file but logs."""


class LabError(Exception):
    """Something a user can mend; the message says what and how."""
