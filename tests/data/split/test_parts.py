import numpy as np
import pytest
from pydantic import ValidationError

from multihot.data.split import PARTS, SplitSettings, split
from multihot.errors import ArgumentError, DataError
from multihot.labels import Targets


@pytest.fixture
def targets():
    generator = np.random.default_rng(0)
    return Targets.from_dense(generator.random((100, 4)) < [0.5, 0.3, 0.2, 0.1])


def test_the_default_shares(targets):
    parts = split(targets, SplitSettings(), seed=0)
    assert [len(parts.rows(part)) for part in PARTS] == [70, 10, 20]
    assert parts.notes == ()
    assert parts.lacking == {"train": (), "validation": (), "test": ()}


def test_names_and_rows_say_the_same(targets):
    parts = split(targets, SplitSettings(), seed=0)
    names = parts.names()
    assert len(parts) == len(names) == 100
    assert all(names[row] == part for part in PARTS for row in parts.rows(part))


def test_a_share_of_zero_leaves_a_part_out(targets):
    parts = split(targets, SplitSettings(train=0.8, validation=0, test=0.2), seed=0)
    assert [len(parts.rows(part)) for part in PARTS] == [80, 0, 20]
    assert "validation" not in parts.lacking


def test_a_declared_split_is_kept(targets):
    declared = ["train"] * 50 + ["validation"] * 20 + ["test"] * 30
    parts = split(targets, SplitSettings(), seed=0, declared=declared)
    assert parts.names() == declared
    assert parts.notes == ()


def test_a_missing_validation_part_is_drawn_from_train_by_its_share_of_train(targets):
    declared = ["train"] * 80 + ["test"] * 20
    parts = split(targets, SplitSettings(), seed=0, declared=declared)
    assert parts.rows("test").tolist() == list(range(80, 100))
    assert len(parts.rows("validation")) == 10
    assert parts.notes == ("no validation part is declared: 10 samples drawn from train",)


def test_only_a_training_part_is_divided_by_all_shares(targets):
    parts = split(targets, SplitSettings(), seed=0, declared=["train"] * 100)
    assert [len(parts.rows(part)) for part in PARTS] == [70, 10, 20]
    assert len(parts.notes) == 2


def test_samples_without_a_declared_part_train(targets):
    declared = [None] * 60 + ["validation"] * 20 + ["test"] * 20
    parts = split(targets, SplitSettings(), seed=0, declared=declared)
    assert parts.rows("train").tolist() == list(range(60))
    assert parts.notes == ("60 samples without a declared part",)


def test_an_undeclared_copy_of_a_test_sample_is_held_out_with_it(targets):
    declared = [None] * 80 + ["test"] * 20
    contents = [str(row % 80) for row in range(100)]
    parts = split(targets, SplitSettings(), seed=0, declared=declared, contents=contents)
    assert set(parts.rows("test").tolist()) == {*range(20), *range(80, 100)}


def test_a_declared_split_that_divides_copies_is_noted_and_kept(targets):
    declared = ["train"] * 70 + ["validation"] * 10 + ["test"] * 20
    contents = [str(row % 97) for row in range(100)]
    parts = split(targets, SplitSettings(), seed=0, declared=declared, contents=contents)
    assert parts.names() == declared
    assert parts.notes == ("the declared split divides 3 groups of identical or grouped samples",)


def test_stratified_overrules_what_is_declared(targets):
    settings = SplitSettings(method="stratified")
    overruled = split(targets, settings, seed=0, declared=["test"] * 100)
    assert overruled.names() == split(targets, settings, seed=0).names()


def test_groups_and_contents_are_joined(targets):
    groups = [None if row % 3 else f"g{row // 9}" for row in range(100)]
    contents = [str(row // 2) for row in range(100)]
    parts = np.array(split(targets, SplitSettings(), seed=0, groups=groups, contents=contents).names())
    assert all(len({parts[row] for row in range(100) if groups[row] == group}) == 1 for group in set(groups) - {None})
    assert (parts[::2] == parts[1::2]).all()


def test_labels_that_cannot_stand_everywhere_are_named():
    labels = np.zeros((20, 3))
    labels[:, 0] = labels[:2, 1] = labels[5, 2] = 1
    parts = split(Targets.from_dense(labels), SplitSettings(), seed=0)
    assert parts.lacking["train"] == ()
    assert {part for part in PARTS if 1 in parts.lacking[part]} in ({"validation"}, {"test"})
    assert all(2 in parts.lacking[part] for part in ("validation", "test"))


def test_the_declared_method_needs_a_declared_split(targets):
    settings = SplitSettings(method="declared")
    for nothing in (None, [None] * 100):
        with pytest.raises(DataError, match="declares no split"):
            split(targets, settings, seed=0, declared=nothing)


def test_something_must_train(targets):
    with pytest.raises(DataError, match="all 100 are declared for validation or test"):
        split(targets, SplitSettings(), seed=0, declared=["test"] * 100)


def test_columns_must_match(targets):
    with pytest.raises(ArgumentError, match="got 3 for 100 samples"):
        split(targets, SplitSettings(), seed=0, declared=["train"] * 3)
    with pytest.raises(ArgumentError, match="got 1 for 100 samples"):
        split(targets, SplitSettings(), seed=0, groups=["a"])
    with pytest.raises(ArgumentError, match="sample 99 is declared 'dev'"):
        split(targets, SplitSettings(), seed=0, declared=["train"] * 99 + ["dev"])


@pytest.mark.parametrize(
    "values",
    [{"train": 0.9}, {"train": 0, "test": 0.9}, {"validation": -0.1, "test": 0.4}, {"method": "random"}, {"x": 1}],
)
def test_settings_are_checked(values):
    with pytest.raises(ValidationError):
        SplitSettings(**values)


def test_shares_in_thirds_are_fine():
    assert SplitSettings(train=0.3333333, validation=0.3333333, test=0.3333334).share("test") == 0.3333334


def test_parts_drawn_at_random_have_their_sizes_and_keep_groups() -> None:
    """Each sample has a label of its own twice: stratified, every part would want a half of all samples."""
    samples = 300
    targets = Targets.from_dense(np.repeat(np.eye(samples // 2), 2, axis=0))
    groups = [str(row // 3) for row in range(samples)]
    parts = split(targets, SplitSettings(), seed=0, groups=groups, stratified=False)
    assert [len(parts.rows(part)) for part in PARTS] == [210, 30, 60]
    assert (parts.parts.reshape(-1, 3) == parts.parts[::3, None]).all()
    again = split(targets, SplitSettings(), seed=0, groups=groups, stratified=False)
    np.testing.assert_array_equal(again.parts, parts.parts)
    other = split(targets, SplitSettings(), seed=1, groups=groups, stratified=False)
    assert (other.parts != parts.parts).any()


def test_declared_parts_are_kept_where_the_rest_is_drawn_at_random() -> None:
    targets = Targets.from_dense(np.ones((100, 1)))
    declared = ["test"] * 20 + ["train"] * 80
    parts = split(targets, SplitSettings(), seed=0, declared=declared, stratified=False)
    assert parts.rows("test").tolist() == list(range(20))
    assert [len(parts.rows(part)) for part in PARTS] == [70, 10, 20]
