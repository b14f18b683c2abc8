"""The options that modules share, as they are documented."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas.options import (
    ARGUMENTS,
    CONNECTION,
    PROJECT,
    api_of,
)
from atlas_modules import fragment, taken


def test_what_is_documented_is_what_is_taken():
    assert fragment("CONNECTION") == taken(CONNECTION)
    assert fragment("DOCUMENTATION") | fragment("CONNECTION") == taken(ARGUMENTS)
    assert fragment("PROJECT") == taken(PROJECT)


class Module:
    """Of an AnsibleModule what is needed."""

    argument_spec = ARGUMENTS | {"password": {"type": "str", "no_log": True}}

    def __init__(self, **params):
        self.params = {"base_url": "https://cloud.mongodb.com", **params}
        self.no_log_values = set()

    def fail_json(self, msg):
        raise SystemExit(msg)


def test_secrets_are_starred_out_in_the_shapes_that_ansible_does_not_know():
    module = Module(client_id="mdb_sa_id_1", client_secret="geheim/+77", password="p@ss/w:rd")
    api_of(module)
    assert {"geheim/+77", "geheim%2F%2B77", "p@ss/w:rd", "p%40ss%2Fw%3Ard", "cEBzcy93OnJk"} <= module.no_log_values


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "no credentials for Atlas"),
        ({"client_id": "a", "client_secret": "b", "base_url": "http://cloud.mongodb.com"}, "MONGODB_ATLAS_BASE_URL"),
    ],
)
def test_what_cannot_be_fails_the_module(params, said):
    with pytest.raises(SystemExit, match=said):
        api_of(Module(**params))
