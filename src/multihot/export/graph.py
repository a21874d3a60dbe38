"""A run as one ONNX graph: resize, classifier, decision.

Shapes: B pictures in a batch, H W height and width in pixels, S the side they are resized to, L labels.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from onnx import ModelProto, compose
from torch import Tensor, nn

from multihot.decisions import Decision, DecisionModule
from multihot.errors import ArgumentError
from multihot.export.resize import resize_graph
from multihot.models import Classifier
from multihot.models.heads import HEADS

OPSET = 20
SEARCHING_HEADS = ("chain", "label_sequence")
"""Their beam search depends on values, which a graph cannot."""
EXAMPLES = 2  # with one, the exporter takes the size of the batch for fixed


class _Logits(nn.Module):
    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.classifier(pictures)
        return logits.float()


def require_graph(head: str) -> None:
    """Raise an `ArgumentError` where a head cannot be written as a graph."""
    if head in SEARCHING_HEADS:
        others = ", ".join(name for name in HEADS if name not in SEARCHING_HEADS)
        raise ArgumentError(f"head {head}: its search cannot be written as a graph; heads that can are {others}")


def classifier_graph(classifier: Classifier, *, half: bool = False) -> ModelProto:
    """From `pictures` (B, 3, S, S) uint8 to `logits` (B, L) float32; with `half`, computed in half precision.

    Raises:
        ArgumentError: the exporter cannot write it.
    """
    own = copy.deepcopy(classifier).cpu()
    side = own.encoder.spec.size
    example = torch.zeros(EXAMPLES, 3, side, side, dtype=torch.uint8)
    return _exported(_Logits(own.half() if half else own), example, "pictures", ["logits"])


def decision_graph(decision: Decision) -> ModelProto:
    """From `logits` (B, L) float32 to `probabilities` (B, L) float32 and `decided` (B, L) booleans.

    Raises:
        ArgumentError: the decision has no closed form.
    """
    example = torch.zeros(EXAMPLES, len(decision.space))
    return _exported(DecisionModule(decision), example, "logits", ["probabilities", "decided"])


def joined(classifier: ModelProto, decision: ModelProto, side: int) -> ModelProto:
    """From `pixels` (B, H, W, 3) uint8 to `probabilities` and `decided`, each name within made unique."""
    resize = compose.add_prefix(resize_graph(side, classifier.ir_version), "resize/", rename_inputs=False)
    classifier = compose.add_prefix(classifier, "classifier/")
    decision = compose.add_prefix(decision, "decision/", rename_outputs=False)
    inner = compose.merge_models(classifier, decision, [("classifier/logits", "decision/logits")])
    return compose.merge_models(resize, inner, [(resize.graph.output[0].name, "classifier/pictures")])


def _exported(module: nn.Module, example: Tensor, name: str, outputs: list[str]) -> ModelProto:
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
