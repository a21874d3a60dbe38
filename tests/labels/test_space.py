import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from multihot.errors import LabelError
from multihot.labels import LabelSpace, Relations

NAMES = st.lists(st.text(min_size=1).filter(str.strip), unique=True, min_size=1)


def test_columns_follow_the_names() -> None:
    space = LabelSpace(("b", "a", "c"))
    assert [space.index(name) for name in ("b", "a", "c")] == [0, 1, 2]
    assert list(space) == ["b", "a", "c"]
    assert ("a" in space, "d" in space, 3 in space) == (True, False, False)


def test_names_found_in_sets_are_in_alphabetical_order() -> None:
    assert LabelSpace.from_sets([{"c", "a"}, (), ["b", "a"]]).names == ("a", "b", "c")
    assert len(LabelSpace.from_sets([])) == 0


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("a", "b", "a", "b"), "^label names must be unique, given more than once: a, b$"),
        (("a", " "), "^label names must be non-empty text, got ' '$"),
        (("a", 3), "^label names must be non-empty text, got 3$"),
    ],
)
def test_names_that_are_no_label_names(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(LabelError, match=message):
        LabelSpace(names)


def test_unknown_names_are_all_listed() -> None:
    with pytest.raises(LabelError, match=r"^photos: unknown label names: x, y; known are: a, b$"):
        LabelSpace(("a", "b")).require_known(["y", "a", "x", "y"], "photos")
    with pytest.raises(LabelError, match=r"^unknown label names: x; known are: a, b$"):
        LabelSpace(("a", "b")).index("x")


def test_long_lists_of_names_are_cut() -> None:
    space = LabelSpace(tuple(f"n{number}" for number in range(1000)))
    with pytest.raises(LabelError, match=r"known are: n0, n1, .*n19, \.\.\. \(1000 in all\)$"):
        space.index("x")


@given(NAMES)
def test_the_hash_tells_every_order_apart(names: list[str]) -> None:
    space = LabelSpace(tuple(names))
    assert space.order_hash == LabelSpace(tuple(names)).order_hash
    assume(len(names) > 1)
    assert space.order_hash != LabelSpace(tuple(names[::-1])).order_hash
    assert space.order_hash != LabelSpace(tuple(names[:-1])).order_hash


def test_the_hash_never_changes_between_versions() -> None:
    assert LabelSpace(("black", "jeans", "été")).order_hash == "80bbcf4b3b707f0c"


def test_names_do_not_run_into_each_other_in_the_hash() -> None:
    assert LabelSpace(("a", "b")).order_hash != LabelSpace(("a,b",)).order_hash
    assert LabelSpace(("a", "b")).order_hash != LabelSpace(('a","b',)).order_hash


def test_another_order_is_refused() -> None:
    space = LabelSpace(("a", "b"))
    space.require_order(space.order_hash, "weights")
    for wrong in (LabelSpace(("b", "a")).order_hash, None):
        with pytest.raises(LabelError, match=r"^weights: made for other labels or another label order \(hash "):
            space.require_order(wrong, "weights")


@given(NAMES)
def test_json_gives_the_space_back(names: list[str]) -> None:
    space = LabelSpace(tuple(names))
    assert LabelSpace.from_dict(json.loads(json.dumps(space.to_dict()))) == space


def test_relations_are_kept_in_json() -> None:
    space = LabelSpace(("cat", "dog", "animal"), Relations.from_dict({"implies": {"dog": "animal"}}))
    assert LabelSpace.from_dict(json.loads(json.dumps(space.to_dict()))) == space


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    values = LabelSpace(("a", "b")).to_dict()
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(values | {"labels": ["b", "a"]}))
    with pytest.raises(LabelError, match=r"labels\.json: made for other labels or another label order"):
        LabelSpace.load(path)
    path.write_text(json.dumps(values))
    assert LabelSpace.load(path).names == ("a", "b")


@pytest.mark.parametrize("text", ["", '{"labels": ["a"', "\ufffe", '{"names": ["a"]}', "[]", '"labels"', "3"])
def test_files_that_hold_no_label_space(tmp_path: Path, text: str) -> None:
    path = tmp_path / "labels.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabelError, match=r"labels\.json"):
        LabelSpace.load(path)
    with pytest.raises(LabelError, match="cannot read"):
        LabelSpace.load(tmp_path / "missing.json")
