import numpy as np
import onnxruntime
import pytest
import torch

from multihot.errors import ArgumentError
from multihot.export.graph import SEARCHING_HEADS, classifier_graph, require_graph
from multihot.models import HEADS, build_classifier
from multihot.recipe import Recipe


@pytest.mark.parametrize("head", sorted(set(HEADS) - {"linear", *SEARCHING_HEADS}))
def test_heads_give_the_same_logits_for_batches_of_any_size(head: str) -> None:
    torch.manual_seed(0)
    recipe = Recipe.parse({"encoder": {"name": "cnn28"}, "head": {"name": head}})
    classifier = build_classifier(recipe.picture_encoder, recipe.head, 5, load_weights=False)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(classifier_graph(classifier).SerializeToString(), options)
    for count in (1, 3):
        pictures = torch.randint(0, 256, (count, 3, 28, 28), dtype=torch.uint8)
        with torch.inference_mode():
            expected = classifier(pictures).numpy()
        np.testing.assert_allclose(session.run(None, {"pictures": pictures.numpy()})[0], expected, atol=1e-4)


@pytest.mark.parametrize("head", SEARCHING_HEADS)
def test_heads_that_search_are_refused(head: str) -> None:
    with pytest.raises(ArgumentError, match=f"^head {head}: its search cannot be written as a graph; heads that can"):
        require_graph(head)
