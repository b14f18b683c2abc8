"""An environment's releases in lines."""

from dataclasses import replace

from ansible_collections.calstack.aws.plugins.module_utils._release.history import lines
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event
from release_store import a_release

NOON = 1784721600.0
WARM = replace(a_release(), phase=Phase.PROMOTED, started_at=NOON, ended_at=NOON + 60)


def test_without_a_release_it_says_so():
    assert lines((), None, NOON) == ["No release yet: the first image came with site.yml."]


def test_a_timeline_has_its_days_and_says_once_that_they_are_utc():
    timeline = [Event(NOON + later, "note", "x", "bake", 10) for later in (0, 43199, 43200, 50000)]
    assert lines((WARM,), None, NOON, timeline)[1:] == [
        "2026-07-22, times in UTC",
        "12:00:00  note         x",
        "23:59:59  note         x",
        "2026-07-23, times in UTC",
        "00:00:00  note         x",
        "01:53:20  note         x",
    ]


def test_how_long_it_is_warm_names_another_day():
    (today,) = lines((replace(WARM, warm_until=NOON + 3600),), None, NOON)
    assert today.endswith("blue warm until 13:00 UTC")
    (tomorrow,) = lines((replace(WARM, warm_until=NOON + 90000),), None, NOON)
    assert tomorrow.endswith("blue warm until 2026-07-23 13:00 UTC")
