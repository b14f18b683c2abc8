"""What the collection asks of Atlas is what the lab's Atlas knows, in exactly the version it is pinned to."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas import operations
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import Operation

from lab.atlas import catalogue
from lab.atlas.operations import PREFIX

PINNED = {name: value for name, value in vars(operations).items() if isinstance(value, Operation)}


@pytest.mark.parametrize("name", PINNED)
def test_the_lab_answers_the_pinned_version(name: str) -> None:
    asked = PINNED[name]
    found = catalogue.find(asked.method, PREFIX + asked.path.replace("{", "").replace("}", ""))
    assert found is not None
    assert found[0].version(asked.media_type) == asked.version
