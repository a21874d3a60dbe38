"""A run as one ONNX graph: resize, classifier, decision.

Shapes: B samples in a batch, H W height and width in pixels, S the side they are resized to, D features, L labels.
"""

import copy

import torch
from onnx import ModelProto, compose
from torch import Tensor, nn

from multihot.decisions import Decision, DecisionModule
from multihot.errors import ArgumentError
from multihot.export.resize import resize_graph
from multihot.export.trees import with_fixed_depth
from multihot.models import AnyClassifier, Classifier
from multihot.models.graph import onnx_graph
from multihot.models.heads import ChainHead, LabelSequenceHead

EXAMPLES = 2  # with one, the exporter takes the size of the batch for fixed

NO_GRAPHS: dict[type[nn.Module], str] = {
    ChainHead: "head chain: its beam search",
    LabelSequenceHead: "head label_sequence: its beam search",
}
"""What goes on as long as its values say, which a graph cannot."""


class _Logits(nn.Module):
    def __init__(self, classifier: AnyClassifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.classifier(inputs)
        return logits.float()


def require_graph(classifier: AnyClassifier) -> None:
    """Raise an `ArgumentError` that names what cannot be written as a graph, if a classifier has such a part."""
    for module in classifier.modules():
        if type(module) in NO_GRAPHS:
            raise ArgumentError(
                f"{NO_GRAPHS[type(module)]} cannot be written as a graph; runs to export are trained with another: "
                "--head linear"
            )


def classifier_graph(classifier: AnyClassifier, *, half: bool = False) -> ModelProto:
    """From `pictures` (B, 3, S, S) uint8, or `features` (B, D) float32, to `logits` (B, L) float32.

    Args:
        classifier: of pictures or of feature vectors.
        half: compute in half precision.

    Raises:
        ArgumentError: the exporter cannot write it.
    """
    own = copy.deepcopy(classifier).cpu()
    if not isinstance(own, Classifier):
        with_fixed_depth(own)
        return onnx_graph(_Logits(own), torch.zeros(EXAMPLES, own.width), "features", ["logits"])
    side = own.encoder.spec.size
    example = torch.zeros(EXAMPLES, 3, side, side, dtype=torch.uint8)
    return onnx_graph(_Logits(own.half() if half else own), example, "pictures", ["logits"])


def decision_graph(decision: Decision) -> ModelProto:
    """From `logits` (B, L) float32 to `probabilities` (B, L) float32 and `decided` (B, L) booleans.

    Raises:
        ArgumentError: the decision has no closed form.
    """
    example = torch.zeros(EXAMPLES, len(decision.space))
    return onnx_graph(DecisionModule(decision), example, "logits", ["probabilities", "decided"])


def joined(classifier: ModelProto, decision: ModelProto) -> ModelProto:
    """From what the classifier takes to `probabilities` and `decided`; names within are made unique."""
    classifier = compose.add_prefix(classifier, "classifier/", rename_inputs=False)
    decision = compose.add_prefix(decision, "decision/", rename_outputs=False)
    return compose.merge_models(classifier, decision, [("classifier/logits", "decision/logits")])


def after_resize(graph: ModelProto, side: int) -> ModelProto:
    """From `pixels` (B, H, W, 3) uint8 what the graph makes of `pictures` (B, 3, S, S)."""
    resize = compose.add_prefix(resize_graph(side, graph.ir_version), "resize/", rename_inputs=False)
    return compose.merge_models(resize, graph, [(resize.graph.output[0].name, "pictures")])
