from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from multihot.export.quantise import quantised, sensitive

SIDE = 12


def classifier() -> ModelProto:
    """Three convolutions, the second of each channel by itself, and a linear head."""
    random = np.random.default_rng(0)
    weights = {"w0": (8, 3, 3, 3), "w1": (8, 1, 3, 3), "w2": (16, 8, 1, 1), "w3": (16, 4)}
    nodes: list[tuple[str, str, list[str], dict[str, Any]]] = [
        ("Cast", "values", ["pictures"], {"to": TensorProto.FLOAT}),
        ("Conv", "a", ["values", "w0"], {}),
        ("Conv", "b", ["a", "w1"], {"group": 8}),
        ("Conv", "c", ["b", "w2"], {}),
        ("ReduceMean", "d", ["c", "axes"], {"keepdims": 0}),
        ("MatMul", "logits", ["d", "w3"], {}),
    ]
    initial = [
        numpy_helper.from_array(random.normal(size=shape).astype(np.float32), name) for name, shape in weights.items()
    ]
    graph = helper.make_graph(
        [helper.make_node(kind, taken, [name], name, **options) for kind, name, taken, options in nodes],
        "classifier",
        [helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["B", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["B", 4])],
        [*initial, numpy_helper.from_array(np.array([2, 3]), "axes")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def test_both_ends_and_separate_channels_stay_in_float() -> None:
    assert sensitive(classifier()) == ["a", "b", "logits"]


def test_only_the_others_are_quantised() -> None:
    pictures = np.random.default_rng(1).integers(0, 256, (4, 3, SIDE, SIDE), np.uint8)
    small = quantised(classifier(), iter(pictures))
    whole = {tensor.name for tensor in small.graph.initializer if tensor.data_type == TensorProto.FLOAT}
    assert {"w0", "w1", "w3"} <= whole
    assert "w2" not in whole


def test_a_graph_without_layers_has_none() -> None:
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [], [])
    assert sensitive(helper.make_model(graph)) == []
