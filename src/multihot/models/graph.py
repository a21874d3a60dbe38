"""A module as an ONNX graph."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from multihot.errors import ArgumentError

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 20


def onnx_graph(module: nn.Module, example: Tensor, name: str, outputs: list[str]) -> "ModelProto":
    """The graph of a module in evaluation mode, for batches of any size.

    Args:
        module: takes one tensor.
        example: two samples; of one, the exporter takes the size of the batch for fixed.
        name: of the input.
        outputs: their names.

    Raises:
        ArgumentError: the exporter cannot write it.
    """
    with torch.inference_mode(), _reasons():
        program: Any = torch.onnx.export(
            module.eval(),
            (example,),
            dynamo=True,
            input_names=[name],
            output_names=outputs,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            opset_version=OPSET,
            verbose=False,
        )
    graph: ModelProto = program.model_proto
    return graph


@contextmanager
def _reasons() -> Iterator[None]:
    try:
        yield
    except torch.onnx.OnnxExporterError as error:
        reason = next((line for line in str(error.__cause__ or error).splitlines() if line.strip()), "")
        raise ArgumentError(f"this model cannot be written as an ONNX graph: {reason}") from error
