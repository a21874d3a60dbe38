"""What training makes small: pictures and targets to the loss, in one module.

Shapes: B samples in a batch, b samples of one process, L labels, S height and width in pixels.
"""

import torch
from torch import Tensor, nn

from multihot.models import Classifier
from multihot.train.judge import Loss


class Objective(nn.Module):
    """Pictures to loss and logits in one forward pass, which is what can be wrapped for several processes.

    In training logits may be by true labels, as the loss is; in evaluation they are those of prediction.
    """

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, pictures: Tensor, targets: Tensor, loss: Loss) -> tuple[Tensor, Tensor]:
        """(B, 3, S, S) and (B, L) to the loss, and to logits (B, L) without gradients."""
        head = self.classifier.head
        features = head.at_scale(self.classifier.encoder(pictures))
        seen: list[Tensor] = []

        def watched(logits: Tensor, targets: Tensor) -> Tensor:
            seen.append(logits.detach())
            return loss(logits, targets)

        value = head.training_loss(features, targets, watched)
        if not self.training:
            return value, head.score(features)
        if seen[0].shape == targets.shape:
            return value, torch.stack(seen).mean(0)  # a chain's loss is the mean over its orders
        with torch.no_grad():
            return value, head.score(features.detach(), targets)
