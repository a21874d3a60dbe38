import numpy as np

from multihot.audit.duplicates import Duplicates, blocks_of, find_duplicates
from multihot.labels import Targets

NAN = float("nan")
TARGETS = Targets.from_dense([[1, 0], [1, NAN], [0, 1], [0, 1], [0, 0]])


def test_groups_with_conflicts_and_parts() -> None:
    pairs = np.array([[1, 2], [2, 3]])
    found = find_duplicates(["a", "a", "b", "c", "d"], pairs, TARGETS, ["train", "test", None, "train", "test"])
    assert found == (
        Duplicates("identical", (0, 1), (), ("test", "train")),
        Duplicates("near", (0, 1, 2, 3), (0, 1), ("test", "train")),
    )


def test_an_unknown_cell_contradicts_nothing() -> None:
    targets = Targets.from_dense([[1, NAN], [NAN, 0]])
    (group,) = find_duplicates(["a", "a"], np.zeros((0, 2), int), targets, [None, None])
    assert group.conflicting == ()


def test_no_content_is_nobodys_copy() -> None:
    assert find_duplicates(["", ""], np.zeros((0, 2), int), TARGETS.take([0, 1]), [None] * 2) == ()


def test_blocks_join_contents_looks_and_groups() -> None:
    blocks = blocks_of(["a", "a", "b", "c", "d"], np.array([[1, 2]]), [None, None, "g", "g", None])
    assert blocks.tolist() == [0, 0, 0, 0, 1]
