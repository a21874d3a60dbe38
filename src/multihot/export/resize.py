"""The resize of `multihot.data.loading` as an ONNX graph, equal to it pixel by pixel.

ONNX has an operator for this, but it rounds in another way (one pixel in twenty differs, some by many grey levels), and
decisions near a threshold would follow. These are torch's own steps: across, then down, each with a triangle's weights
in whole numbers (as Pillow's `BILINEAR`), rounded in between.

Shapes: B pictures, H W height and width in pixels, S the side they are resized to, N M either of H and W, K taps.
"""

# The functions with `op` in them are never run: onnxscript reads their source and writes it as a graph.

import numpy as np
from onnx import ModelProto, TensorProto, helper, inliner, numpy_helper
from onnxscript import DOUBLE, INT32, INT64, UINT8, script
from onnxscript import opset20 as op

# A weight has 15 bits: it is multiplied by the highest power of two that keeps the heaviest below the limit.
POWERS = numpy_helper.from_array(2.0 ** np.arange(23))
LIMIT = 2.0**15


@script()
def _triangles(length: DOUBLE, side: DOUBLE) -> tuple[DOUBLE, DOUBLE]:
    """Positions (S, K) among N pixels that are averaged for each of S, and their weights, which sum to 1."""
    scale = length / side
    support = op.Max(scale, 1.0)
    centre = op.Unsqueeze((op.Range(0.0, side, 1.0) + 0.5) * scale, [1])
    first = op.Floor(op.Max(centre - support + 0.5, 0.0))
    end = op.Min(op.Floor(centre + support + 0.5), length)
    position = first + op.Range(0.0, op.Ceil(support) * 2.0 + 1.0, 1.0)
    heights = op.Max(1.0 - op.Abs((position - centre + 0.5) * (1.0 / support)), 0.0)
    inside = op.Where(position < end, heights, 0.0)
    return op.Min(position, length - 1.0), inside / op.ReduceSum(inside, [1])


@script()
def _pass(pictures: UINT8, side: DOUBLE) -> UINT8:
    """(B, N, M, 3) to (B, S, M, 3)."""
    length = op.Squeeze(op.Cast(op.Shape(pictures, start=1, end=2), to=DOUBLE.dtype))
    position, weights = _triangles(length, side)
    powers = op.Constant(value=POWERS)
    fitting = op.Where(op.Floor(op.ReduceMax(weights, keepdims=0) * powers + 0.5) < LIMIT, powers, 1.0)
    unit = op.ReduceMax(fitting, keepdims=0)
    index = op.Transpose(op.Cast(position, to=INT64.dtype))
    whole = op.Unsqueeze(op.Transpose(op.Cast(op.Floor(weights * unit + 0.5), to=INT32.dtype)), [2, 3])
    total = op.Cast(op.Gather(pictures, op.Gather(index, 0), axis=1), to=INT32.dtype) * op.Gather(whole, 0)
    for tap in range(op.Squeeze(op.Shape(index, start=0, end=1)) - 1):
        pixels = op.Cast(op.Gather(pictures, op.Gather(index, tap + 1), axis=1), to=INT32.dtype)
        total = total + pixels * op.Gather(whole, tap + 1)
    rounded = (total + op.Cast(unit / 2.0, to=INT32.dtype)) / op.Cast(unit, to=INT32.dtype)
    return op.Cast(op.Min(rounded, 255), to=UINT8.dtype)


@script()
def _resize(pixels: UINT8, side: DOUBLE) -> UINT8:
    """(B, H, W, 3) to (B, 3, S, S)."""
    across = op.Transpose(_pass(op.Transpose(pixels, perm=[0, 2, 1, 3]), side), perm=[0, 2, 1, 3])
    return op.Transpose(_pass(across, side), perm=[0, 3, 1, 2])


def resize_graph(side: int, ir_version: int) -> ModelProto:
    """From `pixels` (B, H, W, 3) to `pictures` (B, 3, S, S), both uint8."""
    model = inliner.inline_local_functions(_resize.to_model_proto(ir_version=ir_version))
    graph = model.graph
    graph.initializer.append(numpy_helper.from_array(np.array(float(side)), graph.input.pop().name))
    graph.input[0].CopyFrom(helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["B", "H", "W", 3]))
    name = graph.output[0].name
    graph.output[0].CopyFrom(helper.make_tensor_value_info(name, TensorProto.UINT8, ["B", 3, side, side]))
    return model
