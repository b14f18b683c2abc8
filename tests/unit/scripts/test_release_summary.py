"""What a job's summary says of a release, from the report that the release itself writes."""

import json
import subprocess
import sys

import pytest
import release_examples
from ansible_collections.calstack.aws.plugins.module_utils._release.report.data import build
from ansible_collections.calstack.aws.plugins.module_utils._release.report.files import as_json, write

from lab.settings import CHECKOUT
from scripts.release_summary import summary


def lines(example, **changed):
    return summary("prod", json.loads(as_json(build(example()))) | changed)


def test_a_promotion_in_a_table():
    text = "\n".join(lines(release_examples.promoted))
    assert text.startswith("## ✅ prod: 1.1.0 promoted\n")
    assert f"`{release_examples.RELEASE.image}`" in text
    assert "| took | 724 s |" in text
    assert "rolled back in" not in text


def test_a_rollback_says_why_and_what_to_do():
    text = "\n".join(lines(release_examples.rolled_back))
    assert text.startswith("## ↩️ prod: 1.1.0 rolled back\n")
    assert "| rolled back in | 0.42 s |" in text
    assert release_examples.rolled_back().release.reason.replace("<", "&lt;") in text
    assert "- " in text
    assert "`ansible-playbook " in text


def test_words_of_an_application_are_shown_and_not_obeyed():
    text = "\n".join(lines(release_examples.rolled_back, reason="<script>\n| a | & b"))
    assert "&lt;script> \\| a \\| &amp; b" in text


def test_an_outcome_that_is_not_known_is_no_success():
    assert lines(release_examples.promoted, outcome="rollback failed")[0].startswith("## ❌ prod")


@pytest.mark.parametrize("reports", [0, 1])
def test_as_the_pipeline_calls_it(tmp_path, reports):
    if reports:
        write(str(tmp_path), build(release_examples.promoted()))
    command = [sys.executable, CHECKOUT / "scripts/release_summary.py", "prod", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("## ✅ prod: 1.1.0" if reports else "## prod: no release")
