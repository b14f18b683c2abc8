# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""An environment's releases in lines, the newest first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from ansible_collections.calstack.aws.plugins.module_utils._core.words import clean, day, day_line, duration
from ansible_collections.calstack.aws.plugins.module_utils._ecs.reference import short_image
from ansible_collections.calstack.aws.plugins.module_utils._release.holder import Held
from ansible_collections.calstack.aws.plugins.module_utils._release.lines import line, moment
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event
from ansible_collections.calstack.aws.plugins.module_utils._release.words import rollback_seconds

REASON = 90


def lines(releases: Sequence[Release], held: Held | None, now: float, timeline: Sequence[Event] = ()) -> list[str]:
    """One or two lines a release, who works on one now, and a timeline where one is given, by its days."""
    return list(_lines(releases, held, now, timeline))


def _lines(releases: Sequence[Release], held: Held | None, now: float, timeline: Sequence[Event]) -> Iterator[str]:
    if not releases:
        yield "No release yet: the first image came with site.yml."
    for release in releases:
        # A release since then has taken the other colour, whatever came of it.
        warm = release.warm_until > now and release.phase == Phase.PROMOTED and release is releases[0]
        yield f"{release.id}  {_state(release, warm, now)}"
        if release.reason and release.phase != Phase.PROMOTED:
            reason = clean(release.reason)
            yield f"                 {reason if len(reason) <= REASON else reason[: REASON - 1] + '…'}"
    if held:
        yield f"At work: {held.holder}, last heartbeat {held.age(now):.0f} s ago"
    for _, events in groupby(timeline, lambda event: day(event.at)):
        told = list(events)
        yield day_line(told[0].at)
        yield from map(line, told)


def _state(release: Release, warm: bool, now: float) -> str:
    name = f"{release.label or short_image(release.image):<14} {release.phase:<15}"
    where = f"{release.stable} → {release.candidate}"
    took = f"{duration(release.ended_at - release.started_at):>12}" if release.ended_at else f"{release.weight} %"
    return "  ".join(part for part in (name, where, took, _besides(release, warm, now)) if part)


def _besides(release: Release, warm: bool, now: float) -> str:
    if warm:
        return f"{release.stable} warm until {moment(release.warm_until, now)}"
    took = rollback_seconds(release)
    return f"back on {release.stable} {duration(took)} after the verdict" if took is not None else ""
