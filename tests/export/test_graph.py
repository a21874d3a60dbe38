import numpy as np
import onnxruntime
import pytest
import torch

from multihot.errors import ArgumentError
from multihot.export.graph import classifier_graph, require_graph
from multihot.models import HEADS, Classifier, build_classifier
from multihot.recipe import Recipe


def build(head: str) -> Classifier:
    loss = "sequence_cross_entropy" if head == "label_sequence" else "binary_cross_entropy"
    recipe = Recipe.parse({"encoder": {"name": "cnn28"}, "head": {"name": head}, "loss": {"name": loss}})
    return build_classifier(recipe.picture_encoder, recipe.head, 5, load_weights=False)


@pytest.mark.parametrize("head", sorted(set(HEADS) - {"linear", "chain", "label_sequence"}))
def test_heads_give_the_same_logits_for_batches_of_any_size(head: str) -> None:
    torch.manual_seed(0)
    classifier = build(head)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(classifier_graph(classifier).SerializeToString(), options)
    for count in (1, 3):
        pictures = torch.randint(0, 256, (count, 3, 28, 28), dtype=torch.uint8)
        with torch.inference_mode():
            expected = classifier(pictures).numpy()
        np.testing.assert_allclose(session.run(None, {"pictures": pictures.numpy()})[0], expected, atol=1e-4)


@pytest.mark.parametrize("head", ["chain", "label_sequence"])
def test_heads_that_search_are_refused(head: str) -> None:
    with pytest.raises(ArgumentError, match=f"^head {head}: its beam search cannot be written as a graph"):
        require_graph(build(head))
