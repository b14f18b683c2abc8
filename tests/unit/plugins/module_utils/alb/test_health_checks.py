"""Whose health check may change."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._alb.health_checks import HealthCheck, kept
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

checks = st.builds(HealthCheck, st.sampled_from(["/", "/health"]), st.sampled_from(["200", "200-399"]))


@given(checks, st.dictionaries(st.sampled_from(["blue", "green"]), checks))
def test_at_most_one_colour_keeps_what_it_is_asked(wanted, serving):
    others = [check for check in serving.values() if check != wanted]
    if len(others) == 2:
        with pytest.raises(InputError, match="app_health_path"):
            kept(wanted, serving)
    else:
        assert list(kept(wanted, serving).values()) == others
