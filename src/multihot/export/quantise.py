"""Weights and activations in 8 bits, by static quantisation: ranges are taken from pictures the run was trained on."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

QUANTISED = ["Conv", "Gemm", "MatMul"]


def quantised(classifier: ModelProto, pictures: Iterable[NDArray[np.uint8]]) -> ModelProto:
    """The classifier with most convolutions and matrix products in int8, a scale for each channel of weights.

    Args:
        classifier: from `pictures` (B, 3, S, S) uint8 to `logits`.
        pictures: (3, S, S) each; they show how large activations become.
    """
    with tempfile.TemporaryDirectory() as folder:
        whole, prepared, small = (Path(folder) / f"{name}.onnx" for name in ("whole", "prepared", "small"))
        onnx.save(classifier, whole)
        quant_pre_process(whole, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            small,
            _Calibration(pictures),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=QUANTISED,
            nodes_to_exclude=sensitive(onnx.load(prepared)),
            per_channel=True,
            extra_options={"CalibMovingAverage": True},  # a single odd picture does not widen the ranges
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(small)


def sensitive(classifier: ModelProto) -> list[str]:
    """The names of nodes that stay in float: few weights, of which rounding costs most.

    These are the first convolution, the last matrix product (the head), and convolutions of each channel by itself,
    whose channels differ so widely that one range does not fit them all.
    """
    layers = [node for node in classifier.graph.node if node.op_type in QUANTISED]
    ends = [layers[0], layers[-1]] if layers else []
    return [node.name for node in layers if node in ends or _groups(node) > 1]


def _groups(node: NodeProto) -> int:
    return next((attribute.i for attribute in node.attribute if attribute.name == "group"), 1)


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, pictures: Iterable[NDArray[np.uint8]]) -> None:
        self._pictures = iter(pictures)

    def get_next(self) -> dict[str, Any] | None:
        picture = next(self._pictures, None)
        return None if picture is None else {"pictures": picture[None]}
