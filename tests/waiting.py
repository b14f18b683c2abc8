"""One way to wait: poll with a deadline, and fail in words."""

import time
from collections.abc import Callable

POLL = 0.1


def until[T](seen: Callable[[], T], what: str, seconds: float = 60, every: float = POLL) -> T:
    """What `seen` returns as soon as it is true; AssertionError when it is not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(every)
    return found
