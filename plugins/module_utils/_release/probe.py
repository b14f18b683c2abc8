# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a probe asks, and whether an answer is right. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.calstack.aws.plugins.module_utils._alb.origin import is_origin
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import Path

BODY_LIMIT = 256 * 1024
"""Bytes of a body that are read and searched: a page of an application is smaller, a download is not a probe."""

SHOWN = 100
"""Characters of a header that are shown."""


@dataclass(frozen=True)
class Answer:
    """`body` is the first BODY_LIMIT bytes; `seconds` from the first byte sent to the last one read."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float

    def header(self, name: str) -> str | None:
        """All values of a header, joined as HTTP does; None when it is missing."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None


def fault(path: Path, answer: Answer) -> str:
    """What is wrong with an answer, in words; empty when nothing is."""
    if answer.status not in path.status:
        return f"answered {answer.status}{_elsewhere(answer)} instead of {' or '.join(map(str, path.status))}"
    for name, wanted in path.headers.items():
        if (got := answer.header(name)) != wanted:
            return _wrong_header(name, got, wanted)
    if path.body and not re.search(path.body, answer.body[:BODY_LIMIT].decode("utf-8", "replace")):
        return f"answered {answer.status}, but nothing in its body matches {path.body!r}"
    return ""


def _elsewhere(answer: Answer) -> str:
    """Where a redirect leads, without its query: that may hold a token."""
    where = urlsplit(answer.header("Location") or "")
    place = where._replace(netloc=where.netloc.rpartition("@")[2], query="", fragment="").geturl()
    return f" (to {_shown(place)})" if 300 <= answer.status < 400 and place else ""


def _wrong_header(name: str, got: str | None, wanted: str) -> str:
    version = "version " if name.lower().endswith("version") else ""
    if got is None:
        return f"answered without the header {name}; wanted is {version}{wanted}"
    return f"answered {version}{_shown(got)} ({name}) instead of {wanted}"


def _shown(text: str) -> str:
    clean = "".join(character if character.isprintable() else "?" for character in text)
    return clean if len(clean) <= SHOWN else f"{clean[:SHOWN]}…"


def cohort_header(conditions: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """A header, name and value, that satisfies a test rule's condition; `conditions` as DescribeRules answers them.

    The condition on the edge's secret header is left out: a request through the edge has it.

    Raises InputError when one header cannot do that.
    """
    conditions = [item for item in conditions if not is_origin(item)]
    headers = [item["HttpHeaderConfig"] for item in conditions if item.get("HttpHeaderConfig")]
    patterns = [config.get("Values") or () for config in headers]
    if len(headers) != 1 or not patterns[0]:
        raise InputError(
            f"Beside the edge's secret header the test rule must have exactly one http-header condition, with plain "
            f"values, so that probes can reach the candidate alone; it has {_conditions(conditions)}. Mend "
            f"`alb_test_header` and run `ansible-playbook site.yml --limit alb`."
        )
    return headers[0]["HttpHeaderName"], _satisfying(patterns[0][0])


def _satisfying(pattern: str) -> str:
    """A text that an ELB pattern matches: `*` any text, `?` any character, a backslash takes their meaning away.

    Never empty: a header without a value may be dropped on the way.
    """
    parts = re.findall(r"\\[*?]|.", pattern, re.DOTALL)
    return "".join({"*": "", "?": "x"}.get(part, part[-1]) for part in parts) or "x"


def _conditions(conditions: Sequence[Mapping[str, Any]]) -> str:
    fields = [
        f"{item.get('Field')} by regular expression" if item.get("HttpHeaderConfig", {}).get("RegexValues") else ""
        for item in conditions
    ]
    named = [words or str(item.get("Field")) for words, item in zip(fields, conditions, strict=True)]
    return ", ".join(named) or "no condition at all"


def next_turn(began: float, interval: float, now: float) -> float:
    """When the next probe is due: the first multiple of `interval` after `began` that is still to come.

    All in seconds of one clock. What a slow answer has made late is left out, not caught up: a burst after a pause
    would be no evidence, only load.
    """
    return began + interval * (floor((now - began) / interval) + 1)
