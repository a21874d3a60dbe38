"""Batches, processes and doubled samples: the same report as from all samples at once."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from multihot import metrics
from multihot.errors import ArgumentError
from multihot.metrics import ExactStream, SketchStream

LABELS = 4
SKETCHED = {"mean_average_precision", "micro_average_precision", "macro_auroc", "micro_auroc"}
BINNED = {"expected_calibration_error", "macro_expected_calibration_error"}

kinds = pytest.mark.parametrize("kind", [ExactStream, SketchStream])


def samples(count: int, seed: int = 0, unknown: float = 0.2) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    probabilities = generator.random((count, LABELS))
    targets = (generator.random((count, LABELS)) < probabilities).astype(float)
    targets[generator.random((count, LABELS)) < unknown] = math.nan
    return {"targets": targets, "probabilities": probabilities, "decided": probabilities > 0.5}


def rows(given: dict[str, np.ndarray], index: Any) -> dict[str, np.ndarray]:
    return {name: array[index] for name, array in given.items()}


def streamed(kind: Callable[[int], Any], given: dict[str, np.ndarray], batches: list[np.ndarray], ids: bool) -> Any:
    stream = kind(LABELS)
    for batch in batches:
        stream.update(**rows(given, batch), **({"ids": batch} if ids else {}))
    return stream


def values(report: metrics.Report) -> dict[str, float]:
    return {name: figure.value for name, figure in report.figures.items()}


def shares(count: int, processes: int, batch: int, generator: np.random.Generator) -> list[list[np.ndarray]]:
    """What torch's DistributedSampler hands out: shuffled, padded from the start, every n-th to each process."""
    order = generator.permutation(count)
    padded = np.concatenate([order, order[: -count % processes]])
    each = [padded[rank::processes] for rank in range(processes)]
    return [[share[start : start + batch] for start in range(0, len(share), batch)] for share in each]


@kinds
@given(count=st.integers(1, 40), processes=st.integers(1, 5), batch=st.integers(1, 9), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_processes_equal_one_bit_for_bit(kind: Any, count: int, processes: int, batch: int, seed: int) -> None:
    given, generator = samples(count, seed), np.random.default_rng(seed)
    if count < processes:  # the sampler would then hand a sample out more than twice
        processes = count
    streams = [streamed(kind, given, own, ids=True) for own in shares(count, processes, batch, generator)]
    streams.insert(seed % len(streams), kind(LABELS))  # a process that saw nothing
    merged = streams[0]
    for stream in streams[1:]:
        merged.merge(stream)
    alone = streamed(kind, given, [np.arange(count)], ids=True)
    got, expected = merged.compute(), alone.compute()
    np.testing.assert_equal(values(got), values(expected))
    np.testing.assert_equal(got.table, expected.table)
    assert got.notes == expected.notes


@given(count=st.integers(1, 40), batch=st.integers(1, 9), ids=st.booleans())
@settings(max_examples=25, deadline=None)
def test_an_exact_stream_gives_the_report_of_all_samples(count: int, batch: int, ids: bool) -> None:
    given = samples(count)
    batches = [np.arange(start, min(start + batch, count)) for start in range(0, count, batch)]
    got = streamed(ExactStream, given, batches, ids).compute(replicates=20, seed=3)
    expected = metrics.report(**given, replicates=20, seed=3)
    np.testing.assert_equal(got.to_dict(), expected.to_dict())


def test_an_exact_stream_keeps_scores_apart_from_probabilities() -> None:
    given = samples(30)
    stream = ExactStream(LABELS)
    stream.update(**given, scores=-given["probabilities"])
    expected = metrics.report(**given, scores=-given["probabilities"])
    np.testing.assert_equal(stream.compute().to_dict(), expected.to_dict())


@given(count=st.integers(1, 60), tied=st.booleans(), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_a_sketch_is_exact_or_within_its_bounds(count: int, tied: bool, seed: int) -> None:
    given = samples(count, seed)
    if tied:
        given["probabilities"] = np.round(given["probabilities"], 1)
    stream = streamed(SketchStream, given, [np.arange(count)], ids=False)
    got, exact, bounds = values(stream.compute()), values(metrics.report(**given)), stream.bounds()
    assert set(bounds) == SKETCHED
    assert set(exact) - set(got) == {name for name in exact if name.endswith("_top3")}
    for name in set(got) - BINNED:
        distance = abs(got[name] - exact[name])
        assert distance <= bounds.get(name, 1e-8) + 1e-12 or (math.isnan(got[name]) and math.isnan(exact[name])), name
        if tied and name in SKETCHED and not math.isnan(exact[name]):
            assert bounds[name] == 0, name


@pytest.mark.parametrize("spread", [1.0, 2.0, 4.0])
def test_a_sketch_of_many_samples_is_within_a_thousandth(spread: float) -> None:
    generator = np.random.default_rng(1)
    targets = generator.random((20_000, LABELS)) < 0.05
    logits = spread * (generator.normal(size=targets.shape) + 2 * targets - 2)
    probabilities = 1 / (1 + np.exp(-logits))
    stream = SketchStream(LABELS)
    stream.update(targets, probabilities)
    got, exact = values(stream.compute()), values(metrics.report(targets, probabilities=probabilities))
    assert max(stream.bounds().values()) < 1e-3
    for name in SKETCHED | BINNED:
        assert abs(got[name] - exact[name]) < 1e-3, name


@kinds
def test_kinds_of_input_and_devices(kind: Any) -> None:
    given = samples(20)
    expected = values(streamed(kind, given, [np.arange(20)], ids=False).compute())
    stream = kind(LABELS)
    tensors = {name: torch.from_numpy(array) for name, array in given.items()}
    stream.update(**(tensors | {"targets": sparse.csr_array(given["targets"])}))
    np.testing.assert_equal(values(stream.compute()), expected)


@kinds
def test_an_update_keeps_no_hold_of_its_arrays(kind: Any) -> None:
    given, stream = samples(20), kind(LABELS)
    stream.update(**given, ids=np.arange(20))
    expected = values(stream.compute())
    for array in given.values():
        array[:] = 0
    np.testing.assert_equal(values(stream.compute()), expected)


@kinds
def test_empty_streams_are_fine(kind: Any) -> None:
    report = kind(LABELS).merge(kind(LABELS)).compute()
    assert report.table["support"].tolist() == [0] * LABELS
    stream = kind(LABELS)
    stream.update(**samples(0))
    assert math.isnan(values(stream.compute())["exact_match"])


@kinds
def test_wrong_batches_are_named(kind: Any) -> None:
    stream = kind(LABELS)
    with pytest.raises(ArgumentError, match="made for 4 labels, got 3"):
        stream.update(np.zeros((2, 3)))
    with pytest.raises(ArgumentError, match="made for 4 labels, got 5"):
        stream.merge(kind(5))
    with pytest.raises(ArgumentError, match="ids must be 2 whole numbers from 0, got float64"):
        stream.update(np.zeros((2, 4)), ids=np.array([0.0, 1.0]))
    with pytest.raises(ArgumentError, match="ids must be 2 whole numbers"):
        stream.update(np.zeros((2, 4)), ids=[3])


def test_batches_must_bring_the_same() -> None:
    stream = ExactStream(LABELS)
    stream.update(**samples(3))
    with pytest.raises(ArgumentError, match="a batch brings decided, known, present"):
        stream.update(np.zeros((2, 4)), decided=np.zeros((2, 4), dtype=bool))


def test_samples_counted_twice_are_an_error_where_they_cannot_be_taken_out() -> None:
    given = samples(30)
    first, second = (streamed(SketchStream, given, list(np.split(np.arange(30), 3)), ids=True) for _ in range(2))
    with pytest.raises(ArgumentError, match="counted the same 20 samples, the first of id 0"):
        first.merge(second)
