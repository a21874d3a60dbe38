import numpy as np
import pytest
from scipy import sparse

from multihot.data import Features
from multihot.decisions import DecisionSettings
from multihot.labels import LabelSpace, Targets
from multihot.models import AutoSettings, BlendSettings, VectorBlend, vector_logits
from multihot.models.encoders import ForestSettings, IdentitySettings, KernelSettings, VectorEncoderSettings
from multihot.recipe import Recipe
from multihot.train.vectors import FittedVectors, candidates, fit_vectors, search
from multihot.train.vectors.search import Judge, said

SPACE = LabelSpace(("ring", "side"))
FEW: tuple[VectorEncoderSettings, ...] = (
    KernelSettings(),
    ForestSettings(trees=20),
    IdentitySettings(),
    KernelSettings(gamma=1.0),
)


def made(samples: int = 150, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features, a label that is a circle in them, and one that is a line."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(samples, 3))
    noisy = values + 0.3 * generator.normal(size=values.shape)
    targets = np.stack([np.square(noisy[:, :2]).sum(1) < 1.4, noisy[:, 0] > 0.5], axis=1).astype(np.float32)
    targets[generator.random(targets.shape) < 0.1] = np.nan
    return values, targets


def fitted(
    values: np.ndarray | sparse.csr_array, targets: np.ndarray, encoder: object, **recipe: object
) -> FittedVectors:
    rows, none = np.arange(len(targets)), np.empty(0, dtype=np.intp)
    settings = Recipe.parse({"encoder": encoder, "cross_fit": 3})
    return fit_vectors(Features(values), Targets.from_dense(targets), SPACE, settings, rows, none)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "CANDIDATES", FEW)


@pytest.fixture(scope="module")
def found() -> FittedVectors:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "CANDIDATES", FEW)
        return fitted(*made(), "auto")


def test_the_best_by_log_loss_on_samples_not_seen_is_taken(found: FittedVectors) -> None:
    records = [record for record in found.history if record["stage"] == "search"]
    assert [record["encoder"] for record in records[:4]] == [
        "kernel",
        "forest (trees 20)",
        "identity",
        "kernel (gamma 1.0)",
    ]
    kept = next(record for record in records if record["kept"])
    assert kept["loss"] == min(record["loss"] for record in records)
    assert records[2]["loss"] > kept["loss"] + 0.05, "a line is no circle"
    assert all(0 < record["objective"]["micro_f1"] <= 1 for record in records)


def test_its_settings_alone_make_it_again(found: FittedVectors) -> None:
    values, targets = made()
    again = fitted(values, targets, found.encoder.model_dump(mode="json"))
    assert again.encoder == found.encoder
    np.testing.assert_allclose(
        vector_logits(again.classifier, values), vector_logits(found.classifier, values), atol=1e-5
    )


def test_a_blend_is_the_weighed_sum_of_what_its_members_say() -> None:
    values, targets = made(60)
    members = [IdentitySettings(), ForestSettings(trees=5)]
    blended = fitted(values, targets, BlendSettings(members=tuple(members), weights=(0.25, 2.0)))
    alone = [fitted(values, targets, member) for member in members]
    assert isinstance(blended.classifier, VectorBlend)
    assert blended.classifier.width == 3
    expected = 0.25 * vector_logits(alone[0].classifier, values) + 2 * vector_logits(alone[1].classifier, values)
    np.testing.assert_allclose(vector_logits(blended.classifier, values), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(blended.logits, 0.25 * alone[0].logits + 2 * alone[1].logits, rtol=1e-5, atol=1e-5)


def test_a_blend_without_weights_gets_them() -> None:
    settings = BlendSettings(members=(IdentitySettings(), KernelSettings()))
    encoder = fitted(*made(), settings).encoder
    assert isinstance(encoder, BlendSettings)
    assert encoder.weights is not None
    assert sum(encoder.weights) > 0.5


def test_without_time_only_the_linear_model_is_tried() -> None:
    found = fitted(*made(60), AutoSettings(seconds=1e-9))
    skipped = [record["skipped"] for record in found.history if record["stage"] == "search" and "skipped" in record]
    assert skipped == ["there is no time left"] * 3
    assert found.encoder == IdentitySettings()


def test_what_would_take_longer_than_the_time_left_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "PROBED", (20, 40))
    monkeypatch.setattr(search, "expected_seconds", lambda task, encoder, trials: 1e6 * (encoder.name == "forest"))
    found = fitted(*made(60), "auto")
    records = {record["encoder"]: record for record in found.history if record["stage"] == "search"}
    assert "it would take about 1000000 s" in records["forest (trees 20)"]["skipped"]
    assert "left out, as it would take" in said(records["forest (trees 20)"])
    assert "loss" in records["kernel"]


def test_what_does_not_fit_into_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "MOST_CELLS", 1000)
    found = fitted(*made(60), "auto")
    records = {record["encoder"]: record for record in found.history if record["stage"] == "search"}
    assert "GiB of features" in records["kernel"]["skipped"]


def test_a_probe_foretells_more_for_more_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "PROBED", (20, 40))
    tried: list[int] = []

    def expected(task: object, encoder: VectorEncoderSettings, trials: list[object]) -> float:
        seconds = candidates.expected_seconds(task, encoder, trials)  # type: ignore[arg-type]
        tried.append(len(trials))
        assert seconds > 0
        return seconds

    monkeypatch.setattr(search, "expected_seconds", expected)
    fitted(*made(), "auto")
    assert tried == [0, 1, 2, 3]


def test_nothing_known_is_a_constant_of_the_linear_model_or_of_each_member() -> None:
    values, targets = made(20)
    targets[:] = np.nan
    for encoder in ("auto", BlendSettings(members=(IdentitySettings(), ForestSettings(trees=2)))):
        found = fitted(values, targets, encoder)
        assert np.isfinite(vector_logits(found.classifier, values)).all()


def test_the_objective_is_measured_by_decisions_of_the_other_half() -> None:
    generator = np.random.default_rng(0)
    targets = (generator.random((400, 2)) < 0.5).astype(np.float32)
    judge = Judge(targets, DecisionSettings(objective="hamming_loss"), SPACE, seed=0)
    assert judge.objective(4 * targets - 2)["hamming_loss"] == 0
    # logits that are noise cannot be decided better than by chance
    assert judge.objective(generator.normal(size=targets.shape).astype(np.float32))["hamming_loss"] > 0.4
    assert Judge(targets, DecisionSettings(objective="fixed"), SPACE, seed=0).objective(targets) == {}
    assert judge.log_loss(100 * (targets - 0.5)) < judge.log_loss(targets - 0.5) + 0.01


def test_sparse_features_are_first_tried_with_the_linear_model() -> None:
    values, targets = made(60)
    found = fitted(sparse.csr_array(values * (values > 0)), targets, AutoSettings(seconds=1e-9))
    records = [record for record in found.history if record["stage"] == "search"]
    assert [record["encoder"] for record in records][:2] == ["identity", "kernel"]
    assert ["skipped" in record for record in records] == [False, True, True, True]
