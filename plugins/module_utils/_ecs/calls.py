# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Two ways AWS answers that are not failures: not there, and not yet."""

from __future__ import annotations

import time
from collections.abc import Callable

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import is_absent

SPREADS_WITHIN = 60.0
"""Seconds a new role takes to be known to all of AWS: usually ten."""


def unless_absent[Answer](call: Callable[[], Answer], *codes: str) -> Answer | None:
    """The answer, or None where AWS says with one of `codes` that there is no such thing."""
    try:
        return call()
    except Exception as error:
        if is_absent(error, *codes):
            return None
        raise


def patiently[Answer](
    call: Callable[[], Answer],
    *signs: str,
    seconds: float = SPREADS_WITHIN,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Answer:
    """Call again while AWS refuses with words that hold one of `signs`: what was just made is not known yet."""
    end = clock() + seconds
    while True:
        try:
            return call()
        except Exception as error:
            if clock() >= end or not any(sign in str(error) for sign in signs):
                raise
        sleep(2.0)
