"""What people and programs get: the table, the JSON, the picture, the files."""

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._cost.describe import describe
from ansible_collections.calstack.aws.plugins.module_utils._cost.files import differing, texts, write
from ansible_collections.calstack.aws.plugins.module_utils._cost.picture import svg
from ansible_collections.calstack.aws.plugins.module_utils._cost.prices.regions import book
from ansible_collections.calstack.aws.plugins.module_utils._cost.result import as_json, result
from ansible_collections.calstack.aws.plugins.module_utils._cost.table import lines, over_budget, quantity

IRELAND = book("eu-west-1")


def made(name="prod", **given):
    return result(describe(name, "eu-west-1", {"network": {"nat": "per_zone"}}), IRELAND, **given)


def test_the_table_is_aligned_and_adds_up():
    given = made()
    table = lines(given)
    rows = [line for line in table if re.match(r"\w+ +[\d.]+ +[\d.]+ +[\d.]+$", line)]
    assert [row.split()[0] for row in rows] == [*given.bill.components, "all"]
    assert len({len(row) for row in rows}) == 1
    for column in (1, 2, 3):
        *parts, whole = (float(row.split()[column]) for row in rows)
        assert sum(parts) == pytest.approx(whole, abs=0.01 * len(parts))
    assert max(map(len, table)) <= 110


def test_what_is_below_a_cent_is_counted_but_not_shown():
    given = made()
    table = "\n".join(lines(given))
    assert "messages to the topic" not in table
    assert "messages to the topic" in {item.name for item in given.bill.items}


def test_unverified_prices_are_marked_and_summed():
    table = lines(made())
    assert any(line.startswith("  cluster M10, three nodes * ") for line in table)
    assert any(line.startswith("  NAT gateways  ") for line in table)
    assert any(line.startswith("* This price is not verified; such items are ") for line in table)


def test_notes_budget_and_a_lab_are_told():
    table = "\n".join(lines(made(notes=["AWS says no."], budget=1.0, as_if=True)))
    assert "AWS says no." in table
    assert "It runs in a lab on this machine and costs nothing." in table
    assert "Budget: 1.00\n" in table


def test_over_the_budget_the_three_biggest_savings_are_named():
    given = made(budget=100.0)
    words = over_budget(given)
    assert given.over_budget
    for saving in given.savings[:3]:
        assert f"{saving.name}: {saving.usd:.2f} less ({saving.setting}). {saving.costs}" in words
    assert given.savings[3].name not in words
    assert "100.00" in words


def test_a_budget_is_kept_to_the_cent_and_by_the_expected_month():
    expected = round(made().bill.usd.expected, 2)
    assert not made(budget=expected).over_budget
    assert made(budget=expected - 0.01).over_budget
    assert made().bill.usd.high > expected
    assert not made(budget=0.0, as_if=True).over_budget


def test_quantities_tell_something():
    assert [quantity(value) for value in (730, 1_000_000, 0.4353, 8.8, 0, 1234.5)] == [
        "730", "1,000,000", "0.435", "8.8", "0", "1,234",
    ]  # fmt: skip


def test_the_json_is_the_bill():
    given = made(budget=100.0)
    document = json.loads(json.dumps(as_json(given)))
    assert document["month_usd"]["expected"] == round(given.bill.usd.expected, 2)
    assert len(document["items"]) == len(given.bill.items)
    assert sum(item["usd"]["expected"] for item in document["items"]) == pytest.approx(
        document["month_usd"]["expected"], abs=0.01 * len(document["items"])
    )
    assert document["over_budget"]
    assert document["savings"]


def test_the_picture_has_a_bar_a_case_as_long_as_its_cost():
    given = made(budget=140.0)
    tree = ElementTree.fromstring(svg(given))
    space = "{http://www.w3.org/2000/svg}"
    parts = [rect for rect in tree.iter(f"{space}rect") if rect.find(f"{space}title") is not None]
    bars = {}
    for part in parts:
        bars[part.get("y")] = bars.get(part.get("y"), 0) + float(part.get("width"))
    low, expected, high = (bars[y] for y in sorted(bars, key=float))
    usd = given.bill.usd
    assert low / high == pytest.approx(usd.low / usd.high, rel=0.01)
    assert expected / high == pytest.approx(usd.expected / usd.high, rel=0.01)
    assert float(tree.get("width")) > high
    assert "budget 140" in "".join(tree.itertext())


def test_a_name_cannot_break_the_picture_or_leave_the_folder():
    given = made("../a<b>&")
    ElementTree.fromstring(svg(given))
    assert {name.rpartition(".")[0] for name in texts(given)} == {"cost-..-a-b--"}
    assert all("/" not in name for name in texts(given))


def test_files_are_written_once(tmp_path):
    given = made()
    paths, changed = differing(str(tmp_path / "new"), given)
    assert sorted(Path(path).name for path in paths) == ["cost-prod.json", "cost-prod.svg", "cost-prod.txt"]
    assert len(changed) == 3
    write(str(tmp_path / "new"), changed)
    assert differing(str(tmp_path / "new"), given) == (paths, {})
    assert len(differing(str(tmp_path / "new"), made(budget=1.0))[1]) == 3
    assert len(list((tmp_path / "new").iterdir())) == 3


def test_a_folder_that_is_none_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    _, changed = differing(str(tmp_path / "file" / "below"), made())
    with pytest.raises(CalstackError, match="cost_report_dir"):
        write(str(tmp_path / "file" / "below"), changed)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"network": {"zones": 0}}, "vpc_zone_count is 0"),
        ({"service": {"tasks_min": 3, "tasks_max": 2}}, "app_tasks_max is 2, which is less than app_tasks_min, 3"),
        ({"service": {"spot_share": 2.0}}, "cost_spot_share is 2"),
        ({"service": {"cpu": 0}}, "app_cpu is 0"),
        ({"traffic": {"static_share": -0.1}}, "static_share is -0.1"),
        ({"traffic": {"requests": "many"}}, "cost_traffic.requests is 'many': it must be a number"),
        ({"traffic": {"requests": {"low": 1}}}, "must have low, expected and high, but has low"),
        ({"database": {"data_gb": -1}}, "cost_data_gb is -1"),
        ({"store": {"secrets": -1}}, "store.secrets is -1"),
        ({"balancer": {"health_check_interval": 0}}, "alb_health_check_interval is 0"),
    ],
)
def test_what_would_make_a_bill_nonsense_is_refused(params, words):
    with pytest.raises(InputError, match=re.escape(words)):
        describe("prod", "eu-west-1", params)


def test_tasks_follow_the_traffic_within_their_bounds():
    def tasks(requests, least=2, most=10):
        params = {
            "service": {"tasks_min": least, "tasks_max": most, "cpu": 256},
            "traffic": {"requests": requests, "static_share": 0},
        }
        return describe("prod", "eu-west-1", params).service.tasks.expected

    # A task of 0.25 vCPU answers 10 a second, a busy hour has three times the mean: 730 * 3600 * 10 / 3 requests each.
    assert tasks(0) == 2
    assert tasks(4 * 8_760_000) == pytest.approx(4)
    assert tasks(1e12) == 10
    assert describe("prod", "eu-west-1", {"service": {"tasks": 7, "tasks_max": 3}}).service.tasks.expected == 7


def test_options_without_a_value_are_the_models():
    assert describe("prod", "eu-west-1", {"network": {"nat": None}, "service": None}) == replace(
        describe("prod", "eu-west-1", {})
    )
