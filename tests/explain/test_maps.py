import importlib.util

import numpy as np
import pytest
import torch
from torch import Tensor

from multihot.errors import DataError, MissingExtraError
from multihot.explain import can_explain, label_maps, method_of
from multihot.models import Classifier, Encoder, EncoderSettings, build_classifier
from multihot.models.encoders import InputSpec
from multihot.models.heads import (
    ChainSettings,
    CSRASettings,
    HeadSettings,
    LabelGraphSettings,
    LabelQueriesSettings,
    LabelSequenceSettings,
    LinearSettings,
    LowRankSettings,
)
from multihot.run import Run

LABELS = 5
SOME = torch.tensor([3, 0])
POOLINGS = ["average", "max", "average+max", "flatten", "none"]
WEIGHING = [LinearSettings(), LowRankSettings(rank=3), LabelGraphSettings(width=8)]
OTHERS = [ChainSettings(orders=2, beam=4), LabelSequenceSettings(width=8), ChainSettings(inference="most_probable_set")]
QUERIES = LabelQueriesSettings(width=16, attention_heads=2)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def classifier_of(head: HeadSettings, pooling: str = "none", *, twin: bool = False) -> Classifier:
    settings = EncoderSettings.model_validate({"name": "cnn32", "pooling": pooling, "flipped_twin": twin})
    classifier = build_classifier(settings, head, LABELS, load_weights=True)
    for parameter in classifier.head.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    with torch.no_grad():
        classifier.head.learn_scale(classifier.encoder(pictures(20)))
    return classifier


def pictures(count: int) -> Tensor:
    return torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8)


@pytest.mark.parametrize("twin", [False, True])
@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("head", [*WEIGHING, CSRASettings()], ids=lambda head: head.name)
@torch.no_grad()
def test_exact_maps_add_up_to_the_logits(head: HeadSettings, pooling: str, twin: bool) -> None:
    classifier = classifier_of(head, pooling, twin=twin)
    if head.name == "csra" and pooling != "none":
        assert method_of(classifier) == "gradient"
        return
    images = pictures(3)
    found = label_maps(classifier, images, SOME)
    assert found.method == "exact"
    assert found.maps.shape == (3, 2, 8, 8)
    zeros = torch.zeros_like(classifier.head.at_scale(classifier.encoder(images)))
    logits = found.maps.mean((2, 3)) + classifier.head.score(zeros)[:, SOME]
    torch.testing.assert_close(logits, classifier(images)[:, SOME], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("head", "pooling"),
    [(LinearSettings(), pooling) for pooling in POOLINGS] + [(CSRASettings(), "none"), (QUERIES, "none")],
)
@torch.no_grad()
def test_with_the_twin_a_mirrored_picture_has_mirrored_maps(head: HeadSettings, pooling: str) -> None:
    images = pictures(2)
    with_twin = classifier_of(head, pooling, twin=True)
    maps = label_maps(with_twin, images, SOME).maps
    mirrored = label_maps(with_twin, images.flip(-1), SOME).maps
    alone = classifier_of(head, pooling)
    lopsided = label_maps(alone, images.flip(-1), SOME).maps
    assert not torch.allclose(label_maps(alone, images, SOME).maps, lopsided.flip(-1), atol=1e-4)
    if pooling != "flatten":  # whose weights are other ones on the right than on the left
        torch.testing.assert_close(maps, mirrored.flip(-1), rtol=1e-4, atol=1e-4)


class _Bright(torch.nn.Module):
    """One channel: how bright each of 4 x 6 cells is."""

    def forward(self, images: Tensor) -> Tensor:
        return torch.nn.functional.avg_pool2d(images.mean(1, keepdim=True), (6, 4))


@pytest.mark.parametrize("pooling", ["average", "max", "average+max", "flatten", "none"])
@pytest.mark.parametrize("head", [LinearSettings(), ChainSettings(orders=2, beam=2)], ids=lambda head: head.name)
def test_the_bright_spot_is_found_where_it_is(head: HeadSettings, pooling: str) -> None:
    encoder = Encoder(_Bright(), InputSpec(size=24), pooling)  # type: ignore[arg-type]
    classifier = Classifier(encoder, build_classifier_head(head, encoder.dimension)).eval()
    picture = torch.full((1, 3, 24, 24), 90, dtype=torch.uint8)
    picture[:, :, 6:12, 16:20] = 255
    (found,) = label_maps(classifier, picture, torch.tensor([0])).maps[0]
    assert np.unravel_index(int(found.argmax()), (4, 6)) == (1, 4)


def build_classifier_head(head: HeadSettings, features: int) -> torch.nn.Module:
    from multihot.models import build_head

    built = build_head(head, features, 1)
    for parameter in built.parameters():
        torch.nn.init.ones_(parameter)
    return built


@pytest.mark.parametrize("twin", [False, True])
@pytest.mark.parametrize("pooling", ["average", "average+max", "flatten"])
@pytest.mark.parametrize("head", [*OTHERS, CSRASettings(), QUERIES], ids=lambda head: head.name)
def test_gradients_tell_of_all_others(head: HeadSettings, pooling: str, twin: bool) -> None:
    classifier = classifier_of(head, pooling, twin=twin)
    found = label_maps(classifier, pictures(2), SOME)
    assert found.method == "gradient"
    assert found.maps.shape == (2, 2, 8, 8)
    assert found.maps.isfinite().all()
    assert (found.maps.flatten(2).std(2) > 0).all()


@pytest.mark.parametrize("twin", [False, True])
def test_gradients_of_what_is_linear_are_exact(twin: bool) -> None:
    """A head of maps sees one place where they are averaged: its logit is linear in the average."""
    classifier = classifier_of(CSRASettings(), "average", twin=twin)
    images = pictures(2)
    maps = label_maps(classifier, images, SOME).maps
    at_rest = classifier.head.score(torch.zeros(2, 64, 1, 1))
    torch.testing.assert_close(maps.mean((2, 3)) + at_rest[:, SOME], classifier(images)[:, SOME], rtol=1e-3, atol=1e-3)


def test_queries_have_attention() -> None:
    found = label_maps(classifier_of(QUERIES), pictures(1), SOME)
    assert found.method == "attention"
    torch.testing.assert_close(found.maps.sum((2, 3)), torch.ones(1, 2))


class _Global(torch.nn.Module):
    """An encoder whose maps are one place."""

    def forward(self, images: Tensor) -> Tensor:
        return images.amax((2, 3), keepdim=True)


def test_without_places_the_pixels_are_asked() -> None:
    encoder = Encoder(_Global(), InputSpec(size=28), "average")
    classifier = Classifier(encoder, build_classifier_head(LinearSettings(), 3)).eval()  # type: ignore[arg-type]
    picture = torch.full((1, 3, 28, 28), 127, dtype=torch.uint8)
    picture[:, :, 4, 20] = 255
    found = label_maps(classifier, picture, torch.tensor([0]))
    assert (found.method, found.maps.shape) == ("gradient", (1, 1, 14, 14))
    assert found.maps[0, 0].argmax() == 2 * 14 + 10


@pytest.mark.parametrize("name", ["test_vit", "test_convnext", "test_resnet"])
def test_every_layout_of_timm_has_places(name: str) -> None:
    settings = EncoderSettings(name=name, weights="none", pooling="average")
    classifier = build_classifier(settings, LinearSettings(), LABELS, load_weights=True)
    side = classifier.encoder.spec.size
    found = label_maps(classifier, torch.randint(0, 256, (1, 3, side, side), dtype=torch.uint8), SOME)
    assert found.method == "exact"
    assert found.maps.shape == (1, 2, *classifier.encoder.grid)


def test_vectors_have_no_maps(shapes_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert can_explain(shapes_run.classifier)
    with pytest.raises(DataError, match="heat maps are of pictures"):
        method_of(torch.nn.Identity())  # type: ignore[arg-type]
    assert not can_explain(torch.nn.Identity())  # type: ignore[arg-type]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not can_explain(classifier_of(OTHERS[0], "average"))
    monkeypatch.setitem(__import__("sys").modules, "captum", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'multihot\[explain\]'"):
        label_maps(classifier_of(OTHERS[0], "average"), pictures(1), SOME)


@pytest.mark.parametrize("twin", [False, True])
@pytest.mark.parametrize("head", [LinearSettings(), CSRASettings(), QUERIES, *OTHERS], ids=lambda head: head.name)
def test_no_labels_are_no_maps(head: HeadSettings, twin: bool) -> None:
    pooling = "average" if head in OTHERS else "none"
    assert label_maps(classifier_of(head, pooling, twin=twin), pictures(1), SOME[:0]).maps.shape == (1, 0, 8, 8)


def test_no_labels_are_no_maps_of_pixels() -> None:
    encoder = Encoder(_Global(), InputSpec(size=28), "average")
    classifier = Classifier(encoder, build_classifier_head(LinearSettings(), 3)).eval()  # type: ignore[arg-type]
    assert label_maps(classifier, torch.zeros(1, 3, 28, 28), SOME[:0]).maps.shape == (1, 0, 14, 14)
