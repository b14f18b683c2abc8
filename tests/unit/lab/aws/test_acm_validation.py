"""Who may issue, and the validation records."""

import pytest

from lab.aws.acm_validation import forbids_amazon, record


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
