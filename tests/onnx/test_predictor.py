import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from multihot.errors import ArgumentError, LabelError, MissingExtraError, RunError
from multihot.onnx import Predictor, engines
from multihot.run import Run

WITHOUT = """
import sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {names}:
            raise ModuleNotFoundError(name + " is not here", name=name)

sys.meta_path.insert(0, Refused())
"""


def run_without(names: tuple[str, ...], code: str, *arguments: object) -> str:
    """What a program prints where some libraries are not installed."""
    program = WITHOUT.format(names=names) + code
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return done.stdout


def with_property(exported: Path, folder: Path, name: str, value: str | None) -> Path:
    """The file with one property changed or left out."""
    model = onnx.load(exported)
    properties = {entry.key: entry.value for entry in model.metadata_props} | {name: value}
    del model.metadata_props[:]
    helper.set_model_props(model, {key: value for key, value in properties.items() if value is not None})
    onnx.save(model, folder / "changed.onnx")
    return folder / "changed.onnx"


def test_it_needs_little_more_than_numpy_and_pillow(shapes: Path, shapes_run: Run, exported: Path) -> None:
    absent = ("torch", "torchvision", "timm", "scipy", "sklearn", "pyarrow", "pydantic", "onnx", "rich", "cyclopts")
    code = """
import json
from multihot.onnx import Predictor
print(json.dumps(Predictor(sys.argv[1]).predict(sys.argv[2])[0].to_dict()))
"""
    path = shapes / "red_disc" / "3.png"
    found = json.loads(run_without(absent, code, exported, path))
    assert tuple(found["labels"]) == shapes_run.predict(path)[0].labels == ("disc", "red")


def test_the_command_line_needs_no_torch(shapes: Path, exported: Path, tmp_path: Path) -> None:
    code = """
from multihot.cli import main
main()
"""
    absent = ("torch", "torchvision", "timm", "scipy", "sklearn", "pyarrow")
    said = run_without(absent, code, "predict", exported, shapes / "red")
    assert said.splitlines()[0].startswith(f"{shapes / 'red' / '0.png'}  red  (red ")
    assert len(said.splitlines()) == 14
    run_without(absent, code, "predict", exported, shapes / "red", "--out", tmp_path / "p.jsonl")
    assert len((tmp_path / "p.jsonl").read_text().splitlines()) == 14


def test_bad_pictures_cost_nothing_else(shapes: Path, exported: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    found = Predictor(exported).predict([tmp_path / "gone.png", tmp_path / "bad.png", shapes / "blue" / "0.png"])
    assert [label_set.error for label_set in found] == [
        "cannot be read: No such file or directory",
        "not a picture in a known format",
        None,
    ]
    assert found[2].labels == ("blue",)


def test_arrays(exported: Path) -> None:
    predictor = Predictor(exported, "onnxruntime")
    pictures = np.random.default_rng(0).integers(0, 256, (3, 20, 30, 3), np.uint8)
    probabilities, decided = predictor.run(pictures)
    assert (probabilities.shape, probabilities.dtype, decided.dtype) == ((3, 4), np.float32, np.bool_)
    for row, label_set in enumerate(predictor.predict(pictures)):
        assert label_set.id == str(row)
        assert list(label_set.probabilities.values()) == pytest.approx(probabilities[row].tolist(), abs=1e-6)
    assert predictor.predict(pictures[:0]) == []
    for bad in (pictures[0], pictures[..., :2], pictures.astype(np.float32), pictures[:, :0]):
        with pytest.raises(ArgumentError, match=r"expected pictures \(B, H, W, 3\) of the type uint8, got \("):
            predictor.run(bad)


def test_files_that_are_none_say_so(tmp_path: Path, exported: Path) -> None:
    with pytest.raises(RunError, match=r"gone\.onnx: no such file$"):
        Predictor(tmp_path / "gone.onnx")
    (tmp_path / "cut.onnx").write_bytes(exported.read_bytes()[:1000])
    with pytest.raises(RunError, match=r"cut\.onnx: cannot be read as ONNX: "):
        Predictor(tmp_path / "cut.onnx")
    with pytest.raises(RunError, match=r"changed\.onnx: not a file that `multihot export` of this version wrote$"):
        Predictor(with_property(exported, tmp_path, "thresholds", None))
    with pytest.raises(RunError, match="not a file that"):
        Predictor(with_property(exported, tmp_path, "labels", "red"))


def test_labels_in_another_order_are_refused(tmp_path: Path, exported: Path) -> None:
    labels = json.dumps(Predictor(exported).labels[::-1])
    with pytest.raises(LabelError, match=r"changed\.onnx: the labels of this file do not match their order's hash"):
        Predictor(with_property(exported, tmp_path, "labels", labels))


def test_without_onnxruntime_the_message_says_what_to_install(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'multihot\[export\]'"):
        Predictor(exported)
    with pytest.raises(RunError, match=r"engine 'openvino': not installed"):
        engines.openvino_engine(exported)


def test_the_faster_engine_is_taken() -> None:
    asked: list[str] = []

    def engine(name: str, seconds: float) -> Callable[[np.ndarray], None]:
        def run(inputs: np.ndarray) -> None:
            asked.append(name)
            clock[0] += seconds

        return run

    clock = [0.0]
    slow, fast = engine("slow", 2.0), engine("fast", 1.0)
    assert engines.faster([slow, fast], np.zeros(1), lambda: clock[0]) is fast
    assert asked == ["slow"] * 4 + ["fast"] * 4
