"""Who may issue, and the validation records."""

from types import SimpleNamespace

import pytest

from lab.aws import acm_validation
from lab.aws.acm_validation import forbids_amazon, record, validate


@pytest.mark.parametrize(
    ("records", "forbidden"),
    [
        ([], False),
        (['0 issue "amazon.com"'], False),
        (['0 issue "letsencrypt.org"'], True),
        (['0 issue "letsencrypt.org"', '0 issue "amazontrust.com; account=1"'], False),
        (['0 issue ";"'], True),
        (['0 iodef "mailto:a@example.com"'], False),
        (['0 issuewild "letsencrypt.org"'], False),
    ],
)
def test_caa_records(records: list[str], forbidden: bool) -> None:
    assert forbids_amazon(records) is forbidden


def test_a_record_is_of_the_account_and_the_domain() -> None:
    name, value = record("1", "*.Example.com")
    assert (name, value) == record("1", "example.com") != record("2", "example.com")
    assert name.startswith("_")
    assert name.endswith(".example.com.")
    assert value.endswith(".acm-validations.aws.")


def test_all_records_must_stand_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    standing: set[str] = set()
    monkeypatch.setattr(acm_validation, "stands", lambda _account, name: name in standing)
    monkeypatch.setattr(acm_validation, "_seconds", 20.0)
    pending = SimpleNamespace(
        arn="arn:aws:acm:us-east-1:1:certificate/c", common_name="a.t", sans=["a.t", "b.t"], status="PENDING_VALIDATION"
    )

    def status(now: float, *names: str) -> str:
        standing.clear()
        standing.update(names)
        validate(pending, now)
        return str(pending.status)

    both = ("a.t", "b.t")
    seen = [status(0, "a.t"), status(50, "a.t"), status(60, *both), status(69, *both), status(70, "b.t")]
    assert {*seen, status(75, *both), status(84, *both)} == {"PENDING_VALIDATION"}
    assert status(85, *both) == "ISSUED"
