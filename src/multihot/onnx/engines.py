"""What runs an ONNX graph: onnxruntime, or OpenVINO where it is installed and faster.

Shapes: B samples in a batch, L labels.
"""

import importlib.util
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from multihot.errors import MissingExtraError, RunError, one_line

EngineName = Literal["auto", "onnxruntime", "openvino"]
Outputs = tuple[NDArray[np.float32], NDArray[np.bool_]]
Engine = Callable[[NDArray[Any]], Outputs]

RUNS_TIMED = 3


def onnxruntime_engine(path: Path) -> tuple[Engine, Mapping[str, str]]:
    """Inputs (B, ...) to probabilities and decided labels (B, L); and the properties of the file.

    Raises:
        MissingExtraError: onnxruntime is not installed.
        RunError: the file is missing or damaged.
    """
    if importlib.util.find_spec("onnxruntime") is None:
        raise MissingExtraError("prediction with an exported file", "export")
    import onnxruntime

    if not path.is_file():
        raise RunError(f"{path}: no such file")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # what concerns the user is raised
    try:
        session = onnxruntime.InferenceSession(path, options, providers=onnxruntime.get_available_providers())
    except Exception as error:  # onnxruntime's own errors share no class but this one
        raise RunError(f"{path}: cannot be read as ONNX: {one_line(error)}") from error
    name = session.get_inputs()[0].name

    def run(inputs: NDArray[Any]) -> Outputs:
        probabilities, decided = session.run(["probabilities", "decided"], {name: inputs})
        return probabilities, decided

    return run, session.get_modelmeta().custom_metadata_map


def openvino_engine(path: Path) -> Engine:
    """The same by OpenVINO, in the precision of the file.

    Raises:
        RunError: OpenVINO is not installed, or cannot run the file.
    """
    if importlib.util.find_spec("openvino") is None:
        raise RunError("engine 'openvino': not installed: pip install openvino")
    import openvino

    try:
        model = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    except RuntimeError as error:
        raise RunError(f"{path}: OpenVINO cannot run it: {one_line(error)}") from error

    def run(inputs: NDArray[Any]) -> Outputs:
        outputs = model(inputs)
        return outputs["probabilities"], outputs["decided"].astype(bool)

    return run


def faster(engines: list[Engine], example: NDArray[Any], clock: Callable[[], float] = time.perf_counter) -> Engine:
    """The engine that runs an example in the least time, best of a few; the first run of each is not counted."""

    def seconds(engine: Engine) -> float:
        started = clock()
        engine(example)
        return clock() - started

    return min(engines, key=lambda engine: min([seconds(engine) for _ in range(RUNS_TIMED + 1)][1:]))
