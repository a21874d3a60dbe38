from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from multihot.export.graph import classifier_graph
from multihot.export.trees import ForestGraph
from multihot.models import VectorBlend, VectorClassifier
from multihot.models.encoders.forest import ForestEncoder
from multihot.models.encoders.preparation import Preparation
from multihot.models.encoders.settings import ForestSettings
from multihot.models.heads import DirectHead

NAN = float("nan")


def forest(samples: int = 40, labels: int = 3, unknown: float = 0.0, **settings: Any) -> VectorClassifier:
    random = np.random.default_rng(0)
    values = random.normal(size=(samples, 5))
    values[random.random(values.shape) < 0.1] = NAN
    targets = (np.nan_to_num(values[:, :labels]) > 0).astype(np.float32)
    targets[random.random(targets.shape) < unknown] = NAN
    preparation = Preparation(5).learn(values)
    encoder = ForestEncoder(ForestSettings(trees=7, **settings), preparation.dimension, labels)
    encoder.learn(preparation(torch.from_numpy(values)), torch.from_numpy(targets), seed=1)
    return VectorClassifier(preparation, encoder, DirectHead(labels)).eval()


CLASSIFIERS = {
    "one label": forest(labels=1),
    "nothing learned": forest(samples=0),
    "blend": VectorBlend([forest(unknown=0.4), forest(min_samples_leaf=9, kind="random_forest")], [0.7, 0.6]),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_samples_come_to_the_same_leaves(name: str) -> None:
    classifier = CLASSIFIERS[name]
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(classifier_graph(classifier).SerializeToString(), options)
    for count in (1, 50):
        values = np.random.default_rng(count).normal(size=(count, 5)).astype(np.float32)
        values[::7, 2] = NAN
        with torch.inference_mode():
            expected = classifier(torch.from_numpy(values)).numpy()
        np.testing.assert_allclose(session.run(None, {"features": values})[0], expected, atol=1e-5)
    assert not any(isinstance(module, ForestGraph) for module in classifier.modules())


def test_depth_is_that_of_the_deepest_tree() -> None:
    assert forest(samples=1).encoder.trees.depth == 0
    trees = forest(min_samples_leaf=9).encoder.trees
    nodes, steps = trees.roots.long()[None].expand(200, -1), 0
    vectors = torch.randn(200, 10, generator=torch.Generator().manual_seed(0))
    while bool((nodes >= 0).any()):
        nodes, steps = trees.below(nodes, vectors), steps + 1
    assert trees.depth == steps > 0
