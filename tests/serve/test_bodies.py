"""Bodies, also damaged ones."""

import gc
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multihot.serve.bodies import Content, read_content
from multihot.serve.problems import Refused
from multihot.serve.settings import ServeSettings

SETTINGS = ServeSettings(max_images=4, max_rows=4)
FORM = "multipart/form-data; boundary=b0undary"
names = st.text(st.characters(codec="utf-8", exclude_characters='"\\\r\n\0'), min_size=1, max_size=20)

contents = st.binary(max_size=200).filter(lambda content: b"b0undary" not in content)


def form(files: list[tuple[str, bytes]]) -> bytes:
    parts = [
        f'--b0undary\r\nContent-Disposition: form-data; name="images"; filename="{name}"\r\n\r\n'.encode() + content
        for name, content in files
    ]
    return b"\r\n".join([*parts, b"--b0undary--\r\n"])


def read_or_refused(kind: str, body: bytes) -> Content | None:
    try:
        return read_content(kind, body, SETTINGS)
    except Refused as refused:
        assert 400 <= refused.status < 500  # noqa: PT017
        return None


@given(st.lists(st.tuples(names, contents), min_size=1, max_size=4))
def test_files_come_as_they_were_sent(files: list[tuple[str, bytes]]) -> None:
    found = read_content(FORM, form(files), SETTINGS)
    assert found.parts == [content for _, content in files]
    assert list(found.ids) == [name for name, _ in files]


def test_a_form_does_not_wait_for_garbage_to_be_looked_for() -> None:
    gc.collect()
    gc.disable()
    try:
        read_content(FORM, form([("a.png", b"picture")]), SETTINGS)
        assert gc.collect() == 0
    finally:
        gc.enable()


@given(st.binary(max_size=60), st.integers(0, 300), st.integers(0, 300))
def test_a_damaged_form_is_refused_or_read_and_nothing_else(noise: bytes, start: int, length: int) -> None:
    whole = form([("a.png", b"picture"), ("b.png", b"other")])
    found = read_or_refused(FORM, whole[:start] + noise + whole[start + length :])
    assert found is None or len(found.ids) == len(found.parts) > 0


@given(st.integers(0, 200))
def test_a_truncated_form_is_never_read(kept: int) -> None:
    whole = form([("a.png", b"picture"), ("b.png", b"other")])
    with pytest.raises(Refused):
        read_content(FORM, whole[: min(kept, len(whole) - 4)], SETTINGS)


def test_json_of_very_many_lists_is_refused_before_it_is_read() -> None:
    with pytest.raises(Refused, match="more than 10,008 lists and objects, for 4 rows at most"):
        read_content("application/json", b'{"features": [' + b"[" * 20_000, SETTINGS)


@pytest.mark.parametrize("text", ["[{" * 20_000, '\\"[' * 20_000, "\\" * 20_000 + "[" * 20_000])
def test_brackets_in_texts_are_no_lists(text: str) -> None:
    found = read_content("application/json", json.dumps({"features": [{"colour": text}]}).encode(), SETTINGS)
    assert found.parts == [[{"colour": text}]]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.fixed_dictionaries({}, optional={"features": json_values, "ids": json_values}) | json_values)
def test_any_json_is_refused_or_rows(values: object) -> None:
    found = read_or_refused("application/json", json.dumps(values).encode())
    assert found is None or len(found.ids) == len(found.parts[0])


@given(st.binary(), st.text(st.characters(codec="latin-1"), max_size=100))
def test_any_bytes_of_any_type_are_refused_at_least(body: bytes, kind: str) -> None:
    with pytest.raises(Refused):
        read_content(kind, body, SETTINGS)
