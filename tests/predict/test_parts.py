import json
from pathlib import Path

import fsspec
import pyarrow.dataset as ds
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multihot.errors import ArgumentError
from multihot.labels import LabelSet
from multihot.predict.parts import MANIFEST, Manifest, PartsFolder

FILES = {"recipe.yaml": b"seed: 0", "model.safetensors": b"weights"}
NAMES = [f"{number}.jpg" for number in range(7)]
MANIFEST_OF_SEVEN = Manifest.of(FILES, NAMES, 3)


def write(folder: PartsFolder, part: int) -> None:
    with folder.writer(part, ["red"]) as writer:
        for name in NAMES[MANIFEST_OF_SEVEN.rows(part)]:
            writer.write(LabelSet(name, ("red",), {"red": 0.75}))


@given(st.integers(0, 50), st.integers(1, 12))
def test_every_sample_is_in_one_part(samples: int, size: int) -> None:
    names = [str(number) for number in range(samples)]
    manifest = Manifest.of({}, names, size)
    assert [name for part in range(manifest.parts) for name in names[manifest.rows(part)]] == names
    assert all(names[manifest.rows(part)] for part in range(manifest.parts))


@pytest.mark.parametrize("place", ["{disk}", "file://{disk}", "memory://predictions"])
def test_parts_are_read_as_one_data_set(place: str, tmp_path: Path) -> None:
    name = place.format(disk=tmp_path / "out")
    folder = PartsFolder(name)
    folder.open(MANIFEST_OF_SEVEN)
    for part in (2, 0, 1, 0):  # a part that is written again replaces itself
        write(folder, part)
    assert PartsFolder(name).written() == {0, 1, 2}
    files = fsspec.filesystem("memory") if name.startswith("memory") else None
    rows = ds.dataset("/predictions" if files else str(tmp_path / "out"), format="parquet", filesystem=files)
    assert rows.to_table()["id"].to_pylist() == NAMES
    assert rows.schema.names == ["id", "labels", "error", "probability.red"]
    assert b"order_hash" in rows.schema.metadata
    if files:
        files.store.clear()


def test_a_part_that_was_not_finished_does_not_appear(tmp_path: Path) -> None:
    folder = PartsFolder(tmp_path)
    folder.open(MANIFEST_OF_SEVEN)

    def stopped() -> None:
        with folder.writer(1, ["red"]) as writer:
            writer.write(LabelSet("3.jpg", ("red",), {"red": 0.75}))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    write(folder, 0)
    assert len(list(tmp_path.iterdir())) == 3  # the manifest, the part, and what was not finished
    assert folder.written() == {0}
    folder.clean()
    assert sorted(path.name for path in tmp_path.iterdir()) == [MANIFEST, "part-000000.parquet"]


@pytest.mark.parametrize(
    ("files", "names", "size", "said"),
    [
        (FILES | {"recipe.yaml": b"seed: 1"}, NAMES, 3, "holds predictions of another run; choose another folder"),
        (FILES, NAMES[:6], 3, "of 7 samples, and the inputs are 6"),
        (FILES, NAMES[::-1], 3, "of 7 other samples, or of the same in another order"),
        (FILES, NAMES, 4, "with 3 samples a part, and 4 are asked for"),
    ],
)
def test_a_folder_holds_predictions_of_one_run_and_one_set_of_samples(
    files: dict[str, bytes], names: list[str], size: int, said: str, tmp_path: Path
) -> None:
    PartsFolder(tmp_path / "out").open(MANIFEST_OF_SEVEN)
    PartsFolder(tmp_path / "out").open(MANIFEST_OF_SEVEN)
    with pytest.raises(ArgumentError, match=said):
        PartsFolder(tmp_path / "out").open(Manifest.of(files, names, size))


def test_other_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(ArgumentError, match=r"holds other files, thesis\.tex for one; choose another folder"):
        PartsFolder(tmp_path).open(MANIFEST_OF_SEVEN)
    with pytest.raises(ArgumentError, match="is a file; parts are written to a folder"):
        PartsFolder(tmp_path / "thesis.tex").open(MANIFEST_OF_SEVEN)
    (tmp_path / MANIFEST).write_text(json.dumps({"run": "a"}))
    with pytest.raises(ArgumentError, match="is damaged or of another version"):
        PartsFolder(tmp_path).open(MANIFEST_OF_SEVEN)
    with pytest.raises(ArgumentError, match="a part must hold at least one sample, got 0"):
        Manifest.of(FILES, NAMES, 0)
