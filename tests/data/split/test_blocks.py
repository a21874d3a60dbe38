import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multihot.data.split.blocks import tie
from multihot.errors import ArgumentError

KEYS = st.lists(st.tuples(st.none() | st.integers(0, 4), st.none() | st.sampled_from("abcd")), max_size=12)


def test_samples_tied_through_others_are_one_block():
    assert tie(["a", "a", "b", "c"], ["1", "2", "2", "3"], count=4).tolist() == [0, 0, 0, 1]


def test_none_and_missing_columns_tie_nothing():
    assert tie([None, None, None], None, count=3).tolist() == [0, 1, 2]


def test_a_group_and_a_content_of_the_same_name_are_different_keys():
    assert tie(["a", "b"], ["b", "c"], count=2).tolist() == [0, 1]


def test_no_samples():
    assert tie([], None, count=0).tolist() == []


def test_a_column_of_another_length_is_refused():
    with pytest.raises(ArgumentError, match="got 2 for 3 samples"):
        tie(["a", "b"], count=3)


@settings(deadline=None)
@given(KEYS)
def test_blocks_are_the_closure_of_shared_keys(rows):
    columns = [[row[at] for row in rows] for at in (0, 1)]
    blocks = tie(*columns, count=len(rows)).tolist()
    assert blocks == _closure(rows)


def _closure(rows):
    blocks = list(range(len(rows)))
    for _ in rows:
        for i, one in enumerate(rows):
            for j, other in enumerate(rows):
                if any(a is not None and a == b for a, b in zip(one, other, strict=True)):
                    blocks[i] = blocks[j] = min(blocks[i], blocks[j])
    numbers = {block: number for number, block in enumerate(dict.fromkeys(blocks))}
    return [numbers[block] for block in blocks]
