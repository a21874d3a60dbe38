"""Forests in a form that a graph can hold.

Shapes: B samples in a batch, D features, L labels, T trees.
"""

from torch import Tensor, nn

from multihot.models.encoders.forest import ForestEncoder


class ForestGraph(nn.Module):
    """A forest that takes as many steps as its deepest tree has, where the encoder stops when all leaves are reached.

    The comparisons are the encoder's own, so that samples come to the same leaves. ONNX has an operator for trees, but
    it keeps the values of each leaf apart, where trees grown to the end share few among many, and not all that run
    ONNX know it.

    Args:
        forest: that has learned.
    """

    sparse = False

    def __init__(self, forest: ForestEncoder) -> None:
        super().__init__()
        self.forest = forest
        self.depth = forest.trees.depth

    def forward(self, values: Tensor) -> Tensor:
        """(B, D) to (B, L) logits."""
        trees = self.forest.trees
        nodes = trees.roots.long().expand(values.shape[0], -1)
        for _ in range(self.depth):
            nodes = trees.below(nodes, values)
        return self.forest.logits(nn.functional.embedding(-1 - nodes, trees.values).mean(1))


def with_fixed_depth(model: nn.Module) -> None:
    """Replace the forests within a model."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, ForestEncoder):
                setattr(module, name, ForestGraph(child))
