from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from multihot.data import Features, Samples
from multihot.errors import DataError, LabelError
from multihot.explain import Explanation, explain
from multihot.labels import LabelSet, LabelSpace, Targets
from multihot.recipe import Recipe
from multihot.run import Run
from multihot.train import train


@pytest.fixture(scope="module")
def vectors_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    values = np.random.default_rng(0).normal(size=(80, 2))
    targets = Targets.from_dense((values > 0).astype(float))
    samples = Samples(tuple(map(str, range(80))), Features(values), LabelSpace(("tall", "heavy")), targets)
    recipe = Recipe.parse({"encoder": "identity", "device": "cpu"})
    return train(samples, recipe, tmp_path_factory.mktemp("runs") / "vectors")


def test_labels_that_are_decided_have_maps(shapes_run: Run, shapes: Path) -> None:
    paths = [shapes / "red_disc" / "3.png", shapes / "blue" / "3.png"]
    explained = list(explain(shapes_run, paths))
    for each, predicted in zip(explained, shapes_run.predict(paths), strict=True):
        assert (each.label_set.id, each.label_set.labels) == (predicted.id, predicted.labels)
        assert each.label_set.probabilities == pytest.approx(predicted.probabilities, abs=1e-6)
        assert each.labels == each.label_set.labels
        assert each.maps.shape == (len(each.labels), 8, 8)
        assert each.method == "exact"


def test_maps_add_up_to_what_the_run_scores(shapes_run: Run, shapes: Path) -> None:
    (explanation,) = explain(shapes_run, shapes / "red_disc" / "3.png", shapes_run.space.names)
    logits = shapes_run.decision.probabilities
    head = shapes_run.classifier.get_submodule("head")
    bias = head.get_submodule("linear").get_parameter("bias").detach().numpy()
    summed = (explanation.maps.mean((1, 2)) + bias)[None].astype(np.float32)
    found = logits(summed)[0]
    assert found.tolist() == pytest.approx(list(explanation.label_set.probabilities.values()), abs=1e-5)


def test_labels_can_be_asked_for(shapes_run: Run, shapes: Path) -> None:
    (explanation,) = explain(shapes_run, str(shapes / "red" / "1.png"), ["green", "disc"])
    assert explanation.labels == ("green", "disc")
    assert explanation["disc"].shape == (8, 8)
    with pytest.raises(LabelError, match=r"1\.png: no heat map of 'red'; there are: green, disc"):
        explanation["red"]
    with pytest.raises(LabelError, match="labels: unknown label names: grey;"):
        explain(shapes_run, shapes / "red" / "1.png", ["grey"])


def test_pictures_in_memory(shapes_run: Run, shapes: Path) -> None:
    pixels = np.asarray(Image.open(shapes / "red" / "1.png"))
    (in_memory,) = explain(shapes_run, pixels[None], ["red"])
    (on_disk,) = explain(shapes_run, [shapes / "red" / "1.png"], ["red"])
    np.testing.assert_allclose(in_memory.maps, on_disk.maps, atol=1e-5)
    assert in_memory.draw("red").size == (32, 32)


def test_a_bad_picture_costs_itself(shapes_run: Run, shapes: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff")
    bad, good = explain(shapes_run, [tmp_path / "bad.jpg", shapes / "red" / "1.png"])
    assert "truncated" in (bad.label_set.error or "")
    assert (bad.labels, bad.maps.shape) == ((), (0, 0, 0))
    assert good.label_set.error is None


def test_nothing_to_explain(shapes_run: Run) -> None:
    assert list(explain(shapes_run, [])) == []


def test_vectors_have_no_heat_maps(vectors_run: Run) -> None:
    with pytest.raises(DataError, match="trained on feature vectors: heat maps are of pictures"):
        explain(vectors_run, ["a.jpg"])


def test_no_gradient_is_kept(shapes_run: Run, shapes: Path) -> None:
    list(explain(shapes_run, shapes / "red" / "1.png"))
    assert all(parameter.grad is None for parameter in shapes_run.classifier.parameters())
    assert torch.is_grad_enabled()


def test_pictures_at_addresses(shapes_run: Run, shapes: Path) -> None:
    (explanation,) = explain(shapes_run, f"file://{shapes}/red/1.png", ["red"])
    assert explanation.label_set.error is None
    assert explanation.draw("red").size == (32, 32)


def test_an_explanation_without_maps_draws_nothing() -> None:
    with pytest.raises(LabelError, match="there are: none"):
        Explanation(LabelSet("a.jpg")).draw("red")
