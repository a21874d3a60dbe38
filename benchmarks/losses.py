"""Which loss pays, on a linear head, against binary cross entropy?

- `mulan`: emotions, scene and yeast, standard split; a fifth of the training samples, drawn by seed, chooses the
  penalty and fits thresholds, for each figure its own. Decided sets are measured on the test samples.
- `voc`: frozen tf_efficientnet_lite0 features of voc2007 at 224 pixels; a seed splits 70 / 10 / 20 %. Of the known
  cells of training and validation samples 60 % are hidden, or all but one present label of each sample (single
  positive). Test samples keep all their labels. Recovered is the share of what assume_negative loses in mAP against
  full labels.

    .venv/bin/python benchmarks/losses.py [--data ../shared/data] [--only mulan|voc] [--seeds 3]
"""

import argparse
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from multihot import decisions, metrics
from multihot.data import read
from multihot.data.split import PARTS, split
from multihot.decisions import DecisionSettings
from multihot.labels import LabelSpace, Targets
from multihot.losses import REGISTRY, TrainingLoss, assumed_absent, build_loss, expected_positive, hill, role
from multihot.losses.settings import BinaryCrossEntropySettings
from multihot.models import build_encoder
from multihot.models.heads.linear import LinearHead
from multihot.models.heads.settings import LinearSettings
from multihot.recipe import HeadFitSettings, Recipe
from multihot.train.head_fit import fit_head
from multihot.train.judge import Fold
from multihot.train.pictures import read_pictures

SETS = ("emotions", "scene", "yeast")
FIGURES = ("mean_average_precision", "micro_f1", "exact_match")
# Partial-label losses, which equal another where all is known; grouped softmax, as these sets declare no relations.
FOR_FULL_LABELS = [
    name
    for name, loss in REGISTRY.items()
    if loss.unknown == "skipped" and name not in ("grouped_softmax", "soft_margin")
]
PARTIAL: list[tuple[str, dict[str, Any]]] = [
    ("assume_negative", {}),
    ("assume_negative", {"smoothing": 0.1}),
    ("weak_assume_negative", {}),
    ("binary_cross_entropy", {}),
    ("entropy_maximisation", {}),
    ("splc", {}),
    ("large_loss_rejection", {}),
    ("large_loss_rejection", {"rejected": 0.05}),
]
HIDDEN = 0.6
ROLE_STEPS = 200


def built(space: LabelSpace, train: Tensor, name: str, **settings: Any) -> TrainingLoss:
    recipe = Recipe.parse({"loss": {"name": name, **settings}})
    return build_loss(recipe.loss, space, Targets.from_dense(train.numpy()))


def fitted(loss: TrainingLoss, train: Fold, validation: Fold) -> LinearHead:
    head = LinearHead(LinearSettings(), train.features.shape[1], train.targets.shape[1])
    fit_head(head, train, validation, loss, HeadFitSettings())
    return head.eval().requires_grad_(False)


def mean_and_spread(values: list[float]) -> str:
    return f"{np.mean(values):.3f} ±{np.std(values):.3f}"


def measured(head: LinearHead, validation: Fold, test: Fold, space: LabelSpace) -> dict[str, float]:
    """The figures of the test samples, sets decided by what fits the validation samples."""
    found = {FIGURES[0]: float(metrics.mean_average_precision(test.targets.numpy(), head(test.features).numpy()))}
    for objective in FIGURES[1:]:
        settings = DecisionSettings(objective=objective)  # type: ignore[arg-type]
        decision = decisions.fit(head(validation.features).numpy(), validation.targets.numpy(), settings, space)
        decided = decision.decide(decision.probabilities(head(test.features).numpy()))
        found[objective] = float(getattr(metrics, objective)(test.targets.numpy(), decided))
    return found


def mulan(data: Path, seeds: int) -> None:
    for name in SETS:
        samples = read(data / "mulan" / name)
        features = torch.from_numpy(np.asarray(samples.features.dense(), dtype=np.float32))
        targets = torch.from_numpy(samples.targets.dense())
        test_rows = np.flatnonzero(np.array(samples.split) == "test")
        rows = np.flatnonzero(np.array(samples.split) != "test")
        test = Fold(features[test_rows], targets[test_rows])
        print(
            f"\n{name}: {len(rows)} training, {len(test_rows)} test samples, {len(samples.space)} labels, {seeds} seeds"
        )
        print(f"{'':<24}" + "".join(f"{figure:>24}" for figure in FIGURES))
        for loss_name in FOR_FULL_LABELS:
            found: list[dict[str, float]] = []
            for seed in range(seeds):
                shuffled = np.random.default_rng(seed).permutation(rows)
                validation_rows, train_rows = np.split(shuffled, [len(rows) // 5])
                train, validation = (Fold(features[part], targets[part]) for part in (train_rows, validation_rows))
                head = fitted(built(samples.space, train.targets, loss_name), train, validation)
                found.append(measured(head, validation, test, samples.space))
            figures = [mean_and_spread([each[figure] for each in found]) for figure in FIGURES]
            print(f"{loss_name:<24}" + "".join(f"{text:>24}" for text in figures), flush=True)


def hide_most(targets: Tensor, generator: torch.Generator) -> Tensor:
    hidden = torch.rand(targets.shape, generator=generator) < HIDDEN
    return torch.where(hidden, torch.nan, targets)


def single_positive(targets: Tensor, generator: torch.Generator) -> Tensor:
    """One present label of each sample stays known; a sample without any stays unknown."""
    chance = torch.where(targets == 1, torch.rand(targets.shape, generator=generator), 0)
    kept = (chance == chance.max(1, keepdim=True).values) & (targets == 1)
    return torch.where(kept, 1.0, torch.nan)


def voc_folds(data: Path, seeds: int) -> Iterator[tuple[int, LabelSpace, Fold, Fold, Fold]]:
    recipe = Recipe.parse({"encoder": {"size": 224, "pooling": "average"}, "tune": "head"})
    samples = read(data / "voc2007")
    pictures = read_pictures(samples, build_encoder(recipe.picture_encoder, load_weights=True), recipe)
    if pictures.features is None:
        raise RuntimeError("a frozen encoder gives features")
    features, targets = torch.from_numpy(pictures.features), torch.from_numpy(pictures.samples.targets.dense())
    for seed in range(seeds):
        parts = split(pictures.samples.targets, recipe.split, seed=seed)
        folds = [Fold(features[rows], targets[rows]) for rows in (parts.rows(part) for part in PARTS)]
        yield seed, samples.space, folds[0], folds[1], folds[2]


def average_precision(head: LinearHead, test: Fold) -> float:
    return float(metrics.mean_average_precision(test.targets.numpy(), head(test.features).numpy()))


def fitted_by_role(train: Fold, validation: Fold, expected: float) -> LinearHead:
    """ROLE needs steps: its table of estimates is stepped with the weights, by Adam in full batch."""
    tried: list[tuple[float, LinearHead]] = []
    for l2 in (1.0, 0.3, 0.1, 0.03):
        head = LinearHead(LinearSettings(), train.features.shape[1], train.targets.shape[1])
        head.learn_scale(train.features)
        torch.nn.init.zeros_(head.linear.weight)
        shares = torch.rand(train.targets.shape, generator=torch.Generator().manual_seed(0)) * 0.2 + 0.4
        estimates = shares.logit().requires_grad_()
        optimiser = torch.optim.Adam([*head.parameters(), estimates], lr=0.01)
        for _ in range(ROLE_STEPS):
            optimiser.zero_grad()
            penalty = l2 / 2 * head.linear.weight.square().sum() / train.targets.shape[1]
            loss = role(head(train.features), train.targets, estimates, expected).mean() + penalty
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        head.requires_grad_(False)
        tried.append((float(expected_positive(head(validation.features), validation.targets, expected).mean()), head))
    return min(tried, key=lambda pair: pair[0])[1]


def partial_figures(space: LabelSpace, train: Fold, validation: Fold, test: Fold, expected: float) -> dict[str, float]:
    found = {}
    for name, settings in [*PARTIAL, ("expected_positive", {"expected": expected})]:
        title = " ".join([name, *(f"{key}={value:g}" for key, value in settings.items() if key != "expected")])
        title = "ignore unknown" if name == "binary_cross_entropy" else title
        head = fitted(built(space, train.targets, name, **settings), train, validation)
        found[title] = average_precision(head, test)
    doubting = TrainingLoss(BinaryCrossEntropySettings(), lambda z, t: hill(z, t))
    assumed = [Fold(part.features, assumed_absent(part.targets)) for part in (train, validation)]
    found["hill, assumed negative"] = average_precision(fitted(doubting, *assumed), test)
    found["role"] = average_precision(fitted_by_role(train, validation, expected), test)
    return found


def voc(data: Path, seeds: int) -> None:
    for title, hide in ((f"{HIDDEN:.0%} of known cells hidden", hide_most), ("single positive", single_positive)):
        found: dict[str, list[float]] = {}
        for seed, space, train, validation, test in voc_folds(data, seeds):
            expected = float(train.targets.nansum(1).mean())
            full = fitted(built(space, train.targets, "binary_cross_entropy"), train, validation)
            found.setdefault("full labels", []).append(average_precision(full, test))
            generator = torch.Generator().manual_seed(seed)
            hidden = [Fold(part.features, hide(part.targets, generator)) for part in (train, validation)]
            for name, value in partial_figures(space, hidden[0], hidden[1], test, expected).items():
                found.setdefault(name, []).append(value)
        print(f"\nvoc2007, {title}, {seeds} seeds: test mAP; recovered of what assume_negative loses")
        top, base = np.array(found["full labels"]), np.array(found["assume_negative"])
        for name, values in found.items():
            recovered = (np.mean(values) - base.mean()) / (top.mean() - base.mean())
            print(f"{name:<36}{mean_and_spread(values):>16}{recovered:>10.0%}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", choices=["mulan", "voc"])
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    logging.getLogger("multihot").setLevel(logging.WARNING)
    torch.manual_seed(0)
    for name, part in (("mulan", mulan), ("voc", voc)):
        if options.only in (None, name):
            part(options.data.resolve(), options.seeds)


if __name__ == "__main__":
    main()
