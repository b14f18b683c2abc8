from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.scheduler import InvalidScheduleError
from lab.scheduler.expression import due

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"])


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), ZONES)
def test_a_time_is_that_of_its_zone(when: datetime, zone: str) -> None:
    when = when.replace(microsecond=0)
    expected = when.replace(tzinfo=UTC if zone == "UTC" else ZoneInfo(zone)).timestamp()
    assert due(f"at({when.isoformat()})", zone) == expected


def test_recurrence_is_never_due() -> None:
    assert due("rate(5 minutes)", "UTC") is due("cron(0 2 * * ? *)", "UTC") is None


@pytest.mark.parametrize(
    ("expression", "zone"),
    [
        ("at(2026-13-01T00:00:00)", "UTC"),
        ("at(2026-12-01 00:00:00)", "UTC"),
        ("at(2026-12-01T00:00:00Z)", "UTC"),
        ("tomorrow", "UTC"),
        ("at(2026-12-01T00:00:00)", "Europe/Atlantis"),
        ("at(2026-12-01T00:00:00)", "/etc/passwd"),
    ],
)
def test_what_is_no_time_is_refused(expression: str, zone: str) -> None:
    with pytest.raises(InvalidScheduleError):
        due(expression, zone)
