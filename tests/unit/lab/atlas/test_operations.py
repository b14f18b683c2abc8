import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.atlas import catalogue
from lab.atlas.errors import RefusedError
from lab.atlas.operations import PREFIX, Answer, Operation, Request, page

URL = "http://127.90.0.4:8081/api/atlas/v2/things"


def operation(*versions: str, gone: tuple[str, ...] = ()) -> Operation:
    return Operation("getThing", "GET", "/things/{thing}", versions, lambda *_: Answer(200), gone)


def accept(date: str) -> str:
    return f"application/vnd.atlas.{date}+json"


@pytest.mark.parametrize(
    ("asked", "given"), [("2024-08-05", "2024-08-05"), ("2025-01-01", "2024-10-23"), ("2024-10-22", "2024-08-05")]
)
def test_the_newest_version_up_to_the_date(asked: str, given: str) -> None:
    assert operation("2024-08-05", "2024-10-23").version(accept(asked)) == given


@pytest.mark.parametrize(
    ("header", "status"),
    [("", 406), (accept("2022-12-31"), 406), (accept("2023-02-30"), 406), (accept("2023-05-05"), 410)],
)
def test_versions_that_are_not_answered(header: str, status: int) -> None:
    with pytest.raises(RefusedError) as caught:
        operation("2024-08-05", gone=("2023-01-01",)).version(header)
    assert caught.value.status == status


def test_a_slash_may_be_in_a_parameter() -> None:
    assert operation("2024-08-05").match("GET", f"{PREFIX}/things/a%2Fb%24") == {"thing": "a/b$"}
    assert operation("2024-08-05").match("GET", f"{PREFIX}/things/a/b") is None
    assert operation("2024-08-05").match("POST", f"{PREFIX}/things/a") is None


@given(st.integers(0, 30), st.integers(1, 12))
def test_the_pages_have_everything_once(count: int, length: int) -> None:
    seen: list[int] = []
    number = 1
    while True:
        body = page(Request(query={"pageNum": str(number), "itemsPerPage": str(length)}, url=URL), range(count)).body
        seen += body["results"]
        if not any(link["rel"] == "next" for link in body["links"]):
            break
        number += 1
    assert seen == list(range(count))


def test_every_operation_is_found_by_its_own_path_and_no_two_have_a_name() -> None:
    for known in catalogue.OPERATIONS:
        path = known.path.replace("{", "").replace("}", "")
        found = catalogue.find(known.method, PREFIX + path)
        assert found is not None
        assert found[0] is known
    assert len(set(catalogue.NAMES)) == len(catalogue.NAMES)
