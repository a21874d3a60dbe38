"""OpenVINO beside onnxruntime, on the same files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from multihot.errors import RunError
from multihot.onnx import EngineName, Predictor, engines, predictor

pytest.importorskip("openvino", reason="OpenVINO is not installed: pip install 'multihot[cpu]'")


@pytest.fixture(scope="module")
def both(exported: Path) -> tuple[Predictor, Predictor]:
    return Predictor(exported, "onnxruntime"), Predictor(exported, "openvino")


@pytest.mark.parametrize("shape", [(1, 32, 32, 3), (5, 32, 32, 3), (2, 75, 41, 3), (1, 1, 1, 3)])
def test_probabilities_and_sets_are_the_same(both: tuple[Predictor, Predictor], shape: tuple[int, ...]) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    (expected, expected_sets), (found, found_sets) = (each.run(pictures) for each in both)
    assert (found.dtype, found_sets.dtype) == (np.float32, np.bool_)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    np.testing.assert_array_equal(found_sets, expected_sets)


def test_pictures_that_were_learned_have_the_same_sets(both: tuple[Predictor, Predictor], shapes: Path) -> None:
    pictures = np.stack([np.asarray(Image.open(path)) for path in sorted(shapes.rglob("*.png"))])
    expected, found = (each.run(pictures)[1] for each in both)
    assert expected.any()
    np.testing.assert_array_equal(found, expected)


def test_answers_are_not_overwritten_by_the_next(both: tuple[Predictor, Predictor]) -> None:
    black, white = (np.full((1, 32, 32, 3), value, np.uint8) for value in (0, 255))
    first = both[1].run(black)[0]
    kept = first.copy()
    both[1].run(white)
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize(("place", "name"), [(0, "onnxruntime"), (1, "openvino")])
def test_auto_takes_the_faster(
    exported: Path, monkeypatch: pytest.MonkeyPatch, both: tuple[Predictor, Predictor], place: int, name: EngineName
) -> None:
    asked: list[tuple[int, ...]] = []

    def faster(found: list[engines.Engine], example: np.ndarray) -> engines.Engine:
        asked.append((len(found), *example.shape))
        return found[place]

    monkeypatch.setattr(predictor, "faster", faster)
    chosen = Predictor(exported)
    assert asked == [(2, 1, 32, 32, 3)]
    assert chosen._engine.__qualname__.startswith(f"{name}_engine")


def test_a_file_that_openvino_cannot_run_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "cut.onnx").write_bytes(b"no graph")
    with pytest.raises(RunError, match=r"^[^\n]*cut\.onnx: OpenVINO cannot run it: [^\n]+$"):
        engines.openvino_engine(tmp_path / "cut.onnx")


def test_where_openvino_cannot_run_a_file_onnxruntime_does(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> engines.Engine:
        raise RunError(f"{path}: OpenVINO cannot run it: unknown operator")

    monkeypatch.setattr(predictor, "openvino_engine", refused)
    assert Predictor(exported)._engine.__qualname__.startswith("onnxruntime_engine")
    with pytest.raises(RunError, match="unknown operator"):
        Predictor(exported, "openvino")
