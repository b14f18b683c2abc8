# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the module does: describe or look, price, write the files, answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import RETRIES, AwsClients, doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._cost import price_source, running
from ansible_collections.calstack.aws.plugins.module_utils._cost.describe import describe
from ansible_collections.calstack.aws.plugins.module_utils._cost.files import differing, write
from ansible_collections.calstack.aws.plugins.module_utils._cost.model import Environment
from ansible_collections.calstack.aws.plugins.module_utils._cost.price import PriceBook, given
from ansible_collections.calstack.aws.plugins.module_utils._cost.prices.regions import book
from ansible_collections.calstack.aws.plugins.module_utils._cost.result import Result, as_json, result
from ansible_collections.calstack.aws.plugins.module_utils._cost.table import lines, over_budget

PRICING_REGION = "us-east-1"
"""The pricing API lives in a few regions only; it answers for all."""


class Module(Protocol):
    """What of AnsibleAWSModule is used."""

    params: Mapping[str, Any]
    region: str | None
    check_mode: bool

    def client(self, service: str, **extra: Any) -> Any: ...


def work(module: Module) -> tuple[dict[str, Any], str]:
    """The answer, and why the module must fail where the budget is exceeded. Raises CalstackError."""
    params = module.params
    if not module.region:
        raise InputError("there is no AWS region: set aws_region in the inventory, or AWS_REGION in the shell.")
    if params["budget"] is not None and params["budget"] < 0:
        raise InputError(f"cost_budget is {params['budget']:g}: it cannot be below zero.")
    prices, notes = _prices(module, module.region)
    made = result(
        _environment(module, module.region, notes),
        prices,
        free=params["free_allowances"],
        budget=params["budget"],
        as_if=params["as_if"],
        notes=tuple(notes),
    )
    changed, files = _files(params["report_dir"], made, module.check_mode)
    answer = {"changed": changed, "lines": lines(made), "files": files, **as_json(made)}
    return answer, over_budget(made) if made.over_budget else ""


def _environment(module: Module, region: str, notes: list[str]) -> Environment:
    base = describe(module.params["environment_name"], region, module.params)
    if module.params["from"] == "variables":
        return base
    notes.extend(running.NOTES)
    return running.running(AwsClients(module), base, module.params["stack_name"])


def _prices(module: Module, region: str) -> tuple[PriceBook, list[str]]:
    """The repository's, then those of a file, then AWS's own, then the inventory's: each goes before the former."""
    params, notes = module.params, list[str]()
    prices = book(region, elsewhere=bool(params["price_file"] or params["fetch"]))
    if params["price_file"]:
        prices = prices.within(price_source.from_files(params["price_file"], region))
    if params["fetch"]:
        prices, note = _fetched(module, prices, region)
        notes.append(note)
    return given(prices, params["prices"]), notes


def _fetched(module: Module, prices: PriceBook, region: str) -> tuple[PriceBook, str]:
    try:
        with doing(f"asking AWS for the prices of {region}"):
            client = module.client("pricing", region=PRICING_REGION, config={"retries": RETRIES})
        newer = price_source.from_api(client, region)
    except CalstackError as error:
        return prices, f"Prices could not be fetched, those at hand are used. {_one_line(str(error))}"
    if not newer:
        return prices, f"AWS's pricing API has none of the prices of {region}; those at hand are used."
    return prices.within(newer), f"{len(newer)} prices are AWS's own of today."


def _one_line(words: str, most: int = 300) -> str:
    """What is no API but a web server answers with a page."""
    line = " ".join(words.split())
    return line if len(line) <= most else f"{line[:most]} …"


def _files(directory: str | None, made: Result, check_mode: bool) -> tuple[bool, list[str]]:
    if not directory:
        return False, []
    files, changed = differing(directory, made)
    if changed and not check_mode:
        write(directory, changed)
    return bool(changed), files
