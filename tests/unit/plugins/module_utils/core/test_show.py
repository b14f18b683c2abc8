"""What `--diff` prints."""

from ansible_collections.calstack.aws.plugins.module_utils._core.plan import plan
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Ref, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._core.show import show


def test_each_change_is_a_paragraph():
    wanted = [
        Wanted(
            "subnet",
            "a",
            {
                "vpc": Ref("vpc", "main"),
                "tags": {"Name": "a", "calstack:environment": "dev", "owner": "us"},
                "zones": ("x", "y"),
            },
        ),
        Wanted("group", "web", {"health": {"path": "/new", "port": 1}, "open_to": frozenset({"b", "a"})}),
    ]
    found = [
        Found("group", "web", "g", {"health": {"path": "/", "port": 1}, "open_to": frozenset()}),
        Found("gateway", "old", "igw", {"size": 1}),
    ]
    assert show(plan(wanted, found)) == (
        "+ subnet a\n"
        "    vpc: (known after apply)\n"
        "    tags.owner: us\n"
        "    zones: x, y\n"
        "~ group web\n"
        "    health.path: / -> /new\n"
        "    open_to: (none) -> a, b\n"
        "- gateway old\n"
    )


def test_no_change_is_no_text():
    assert show([]) == ""


def test_an_empty_mapping_that_is_filled_shows_only_what_fills_it():
    change = plan(
        [Wanted("rules", "web", {"ingress": {"tcp 443": "all"}})], [Found("rules", "web", "r", {"ingress": {}})]
    )
    assert show(change) == "~ rules web\n    ingress.tcp 443: (none) -> all\n"
