import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from multihot.audit import Audit, audit, audit_folder, counts, findings, table, write_audit
from multihot.data import Features, ImageArrays, Samples, read
from multihot.errors import ArgumentError
from multihot.labels import LabelSpace, Relations, Targets
from multihot.run import Run

NAN = float("nan")


@pytest.fixture(scope="module")
def spoiled(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shapes with three wrong labels, a copy under another label, and two files that are none."""
    folder = Path(shutil.copytree(shapes, tmp_path_factory.mktemp("spoiled") / "shapes"))
    for number in range(3):
        (folder / "red" / f"{number}.png").rename(folder / "blue" / f"wrong{number}.png")
    shutil.copy(folder / "green" / "5.png", folder / "green_disc" / "copy.png")
    (folder / "red" / "empty.png").touch()
    (folder / "red" / "cut.png").write_bytes((folder / "red" / "7.png").read_bytes()[:900])
    return folder


@pytest.fixture(scope="module")
def found(spoiled: Path, shapes_run: Run) -> Audit:
    return audit(read(spoiled), shapes_run)


def rows(audit: Audit, kind: str) -> list[tuple[str, ...]]:
    return [(row.id, row.label, row.given, row.suggested, row.others) for row in findings(audit) if row.kind == kind]


def test_what_cannot_be_read_is_named_with_its_reason(found: Audit) -> None:
    reasons = {sample.id: sample.reason for sample in found.unreadable}
    assert reasons.keys() == {"red/empty.png", "red/cut.png"}
    assert reasons["red/empty.png"] == "empty file"
    assert "truncated" in reasons["red/cut.png"] or "damaged" in reasons["red/cut.png"]


def test_a_copy_under_another_label_contradicts(found: Audit) -> None:
    assert rows(found, "identical") == [
        ("green/5.png", "", "", "", "green_disc/copy.png"),
        ("green_disc/copy.png", "", "", "", "green/5.png"),
    ]
    assert rows(found, "conflict") == [
        ("green/5.png", "disc", "absent", "", "green_disc/copy.png"),
        ("green_disc/copy.png", "disc", "present", "", "green/5.png"),
    ]


def test_wrong_labels_come_first(found: Audit) -> None:
    # The copy that stands under two labels is in doubt too, and rightly so.
    listed = [row for row in findings(found) if row.kind == "wrong label" and "copy" not in row.id]
    first = {(row.id, row.label, row.given, row.suggested) for row in listed[:4]}
    assert len(first) == 4
    assert first <= {
        (f"blue/wrong{number}.png", *change)
        for number in range(3)
        for change in (("blue", "present", "absent"), ("red", "absent", "present"))
    }
    assert any("out of fold" in note for note in found.notes)


def test_the_split_of_the_run_is_the_one_that_counts(shapes: Path, shapes_run: Run, tmp_path: Path) -> None:
    split = shapes_run.split()
    part = dict(zip(split["id"].to_pylist(), split["part"].to_pylist(), strict=True))
    train, test = (
        next(name for name in part if part[name] == wanted and "red/" in name) for wanted in ("train", "test")
    )
    folder = Path(shutil.copytree(shapes, tmp_path / "shapes"))
    shutil.copy(folder / train, folder / test)
    (group,) = (group for group in audit(read(folder), shapes_run).duplicates if group.parts)
    assert group.parts == ("test", "train")


def test_a_run_trained_in_full_says_that_its_encoder_knows_the_labels(shapes: Path, shapes_run: Run) -> None:
    full = replace(shapes_run, recipe=shapes_run.recipe.model_copy(update={"tune": "full"}))
    assert any("trained on labels that are judged" in note for note in audit(read(shapes), full).notes)
    assert not any("trained on labels" in note for note in audit(read(shapes), shapes_run).notes)


def test_relations_of_the_run_are_taken_where_the_source_has_none(shapes: Path, shapes_run: Run) -> None:
    relations = Relations.from_dict({"excludes": [["disc", "red"]]})
    run = replace(shapes_run, space=shapes_run.space.with_relations(relations))
    found = audit(read(shapes), run)
    assert len(found.violations) == 14
    assert {row[0].split("/")[0] for row in rows(found, "relation")} == {"red_disc"}
    assert rows(found, "relation")[0][2] == "disc excludes red"


def test_declared_relations_and_splits_need_no_run() -> None:
    space = LabelSpace(("cat", "dog"), Relations.from_dict({"excludes": [["cat", "dog"]]}))
    targets = Targets.from_dense([[1, 1], [1, NAN], [1, 1]])
    pixels = np.random.default_rng(0).integers(0, 255, (3, 70, 70), np.uint8)
    pixels[2] = pixels[0]
    split = ("train", "train", "test")
    found = audit(Samples(("a", "b", "c"), ImageArrays(pixels), space, targets, split=split))
    assert [(violation.row, violation.relation) for violation in found.violations] == [
        (0, "cat excludes dog"),
        (2, "cat excludes dog"),
    ]
    assert rows(found, "across splits") == [("a", "", "train", "", "c"), ("c", "", "test", "", "a")]
    assert found.labels is None
    assert "wrong_labels" not in counts(found)


def test_feature_vectors_are_compared_value_by_value() -> None:
    features = Features(np.array([[1.0, NAN], [2.0, 0.0], [1.0, NAN]]))
    samples = Samples(("a", "b", "c"), features, LabelSpace(("x",)), Targets.from_dense([[1], [0], [0]]))
    found = audit(samples)
    assert [group.rows for group in found.duplicates] == [(0, 2)]
    assert any("does not apply" in note for note in found.notes)
    assert "near_groups" not in counts(found)


def test_no_samples_and_no_labels_are_legal(tmp_path: Path) -> None:
    empty = Samples(
        (), ImageArrays(np.zeros((0, 8, 8), np.uint8)), LabelSpace(()), Targets.from_dense(np.zeros((0, 0)))
    )
    found = audit(empty)
    assert table(found).num_rows == 0
    assert write_audit(found, tmp_path).is_file()


def test_the_page_shows_what_was_found(found: Audit, seen_on: Callable[[str], str], tmp_path: Path) -> None:
    page = write_audit(found, tmp_path)
    text = seen_on(page.read_text(encoding="utf-8"))
    for expected in ("blue/wrong", "red/empty.png", "empty file", "contradict each other: disc", "out of fold"):
        assert expected in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.csv", "audit.html"]


def test_the_page_says_what_it_leaves_out(
    found: Audit, seen_on: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("multihot.audit.page"), "MOST_CELLS", 1)
    assert found.labels is not None
    text = seen_on(write_audit(found, tmp_path).read_text(encoding="utf-8"))
    assert f"The first 1 of {len(found.labels.wrong)}" in text


def noise(cells: NDArray[np.float64]) -> Samples:
    """Pictures that say nothing of their labels."""
    pixels = np.random.default_rng(0).integers(0, 255, (len(cells), 32, 32, 3), np.uint8)
    names = ("red", "disc", "fox")[: cells.shape[1]]
    return Samples(
        tuple(map(str, range(len(cells)))), ImageArrays(pixels), LabelSpace(names), Targets.from_dense(cells)
    )


@pytest.mark.parametrize("count", [1, 4, 6, 29])
def test_few_samples_bring_no_label_in_doubt(
    count: int, shapes_run: Run, seen_on: Callable[[str], str], tmp_path: Path
) -> None:
    found = audit(noise(np.random.default_rng(1).integers(0, 2, (count, 2)).astype(float)), shapes_run)
    assert found.labels is None
    assert "among any label: this takes 30 readable samples" in " ".join(found.notes)
    assert "Not looked for" in seen_on(write_audit(found, tmp_path).read_text(encoding="utf-8"))


def test_a_label_that_few_samples_have_or_lack_is_not_judged(shapes_run: Run) -> None:
    cells = np.zeros((40, 3))
    cells[:20, 0] = cells[:4, 1] = cells[5:, 2] = 1
    found = audit(noise(cells), shapes_run)
    assert found.labels is not None
    assert np.isnan(found.labels.added).tolist() == [False, True, False]
    assert 1 not in found.labels.wrong.labels
    assert 2 in found.labels.wrong.labels
    assert any("among those of disc: " in note for note in found.notes)
    assert any("not among the labels of the run: fox; " in note for note in found.notes)


def test_copies_are_no_further_evidence(shapes_run: Run) -> None:
    one = noise(np.tile([[1.0, 0.0], [0.0, 1.0]], (20, 1)))
    assert audit(one, shapes_run).labels is not None
    copies = ImageArrays(np.zeros((40, 32, 32, 3), np.uint8))
    assert audit(replace(one, inputs=copies), shapes_run).labels is None


def test_names_on_the_page_are_text_and_not_markup(tmp_path: Path, seen_on: Callable[[str], str]) -> None:
    pixels = np.zeros((2, 8, 8), np.uint8)
    samples = Samples(("<i>a", "b|c"), ImageArrays(pixels), LabelSpace(("<b>",)), Targets.from_dense([[1], [0]]))
    text = seen_on(write_audit(audit(samples), tmp_path).read_text(encoding="utf-8"))
    assert "<i>a" in text


def test_the_command(
    spoiled: Path,
    shapes_run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    call: Callable[..., int],
) -> None:
    before = {path: path.stat().st_mtime_ns for path in spoiled.rglob("*")}
    assert call("audit", spoiled, "--run", shapes_run.folder, "--out", tmp_path / "out", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["samples"], found["unreadable"], found["conflicting_groups"]) == (87, 2, 1)
    assert {path: path.stat().st_mtime_ns for path in spoiled.rglob("*")} == before
    with (tmp_path / "out" / "audit.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0]) == ["id", "kind", "label", "given", "suggested", "score", "others"]
    as_text = [{name: "" if cell is None else str(cell) for name, cell in row.items()} for row in found["findings"]]
    assert as_text == lines
    assert any("out of fold" in note for note in found["notes"])
    assert {line["kind"] for line in lines} >= {"unreadable", "identical", "conflict", "wrong label"}

    monkeypatch.chdir(tmp_path)
    assert call("audit", spoiled) == 0
    said = capsys.readouterr()
    assert "red/cut.png: truncated" in said.out
    assert "87 samples, 2 cannot be read, 4 labels" in said.out
    assert said.err.count("labels in doubt were not looked for") == 1
    assert "--run RUN" in said.err
    assert (tmp_path / "audits" / "shapes" / "audit.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: no such file or folder"),
        (["photos", "--run", "nowhere"], "nowhere: no such run directory"),
        (["photos", "--format", "tarot"], "tarot"),
        ([".", "--out", "inside"], "lies in the source"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    call: Callable[..., int],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    assert call("audit", *arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArgumentError, match="is a file"):
        audit_folder(tmp_path / "file", "source")


def test_known_copies_among_clothes(shared_data: Path) -> None:
    samples = read(shared_data / "odd-images")
    found = audit(samples)
    assert not found.unreadable
    assert counts(found)["identical_groups"] == 2
