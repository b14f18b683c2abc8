"""A module runs in a process of its own; here it shares one with everything a test before it has done."""

import pytest
from ansible.module_utils import _internal
from ansible.module_utils.common import warnings


@pytest.fixture(autouse=True)
def _as_in_a_process_of_its_own(monkeypatch):
    """Its warnings go to its answer: none is told twice, and none to the screen of a controller imported earlier."""
    warnings._global_warnings.clear()
    monkeypatch.setattr(_internal, "is_controller", False)
