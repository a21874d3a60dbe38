"""Which runtime computes an encoder's outputs: chosen by trying, where that pays, and remembered.

Shapes: B samples in a batch, S height and width in pixels.
"""

import math
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from multihot.errors import MissingExtraError, RecipeError, one_line
from multihot.models.encoders import Encoder
from multihot.models.runtime.remembered import Speeds, folder_of, read_speeds, write_speeds
from multihot.models.runtime.runtimes import RUNTIMES, Outputs, RuntimeName, by_torch
from multihot.progress import logger

TOLERANCE = 1e-3
"""Largest difference from torch's outputs, as a share of their root mean square."""

FEW = 5  # pictures that are compared: another batch than the example, so that sizes taken for fixed show
RUNS_TIMED = 5  # at most
SECONDS_TIMED = 0.3  # after which no further run begins
CLEARLY = 0.9  # of the best time so far, or less: machines are noisy
GAIN = 0.25  # share of torch's time that a runtime is expected to save before it has been tried
GAIN_OVER_ANOTHER = 0.1


class Chosen(NamedTuple):
    """A runtime by name, and what it makes of pictures."""

    name: str
    outputs: Outputs


class RefusedError(Exception):
    """A runtime cannot take the encoder, or makes something else of it."""


def named(encoder: Encoder, name: RuntimeName, pictures: Tensor) -> Chosen:
    """The runtime of that name, checked against torch on the first of some pictures (B, 3, S, S) uint8.

    Raises:
        MissingExtraError: it is not installed.
        RecipeError: it cannot take the encoder, its outputs are not torch's, or the encoder is not on a CPU.
    """
    if name == "torch":
        return Chosen(name, by_torch(encoder))
    runtime = RUNTIMES[name]
    if not runtime.installed:
        raise MissingExtraError(f"runtime {name}", runtime.extra)
    if encoder.mean.device.type != "cpu":
        raise RecipeError(f"runtime: {name} computes on the CPU, and the encoder is on {encoder.mean.device}")
    try:
        return Chosen(name, _checked(encoder, name, folder_of(encoder), pictures))
    except RefusedError as reason:
        raise RecipeError(f"runtime: {name} {reason}; torch always runs") from reason


def fastest(encoder: Encoder, pictures: Tensor, coming: int) -> Chosen:
    """What computes the outputs of all pictures that are to come in the least time, conversion and trials included.

    A runtime is tried where saving a quarter of torch's time, or a tenth of another's, would pay for converting the
    encoder. It is taken only if its outputs are torch's, and what was measured is remembered.

    Args:
        encoder: in evaluation mode; on another device than the CPU it stays with torch.
        pictures: (B, 3, S, S) uint8, an example.
        coming: how many pictures there are to encode.
    """
    torch_itself = Chosen("torch", by_torch(encoder))
    least = min((runtime.loading for runtime in RUNTIMES.values() if runtime.installed), default=math.inf)
    if encoder.mean.device.type != "cpu" or coming * _seconds(torch_itself.outputs, pictures[:FEW]) < least:
        return torch_itself
    folder = folder_of(encoder)
    remembered = read_speeds(folder)
    trial = _Trial(encoder, pictures, coming, folder, dict(remembered))
    chosen = trial.best(torch_itself)
    if trial.speeds != remembered:
        write_speeds(folder, trial.speeds)
    return chosen


@dataclass(frozen=True)
class _Trial:
    encoder: Encoder
    pictures: Tensor
    coming: int
    folder: Path
    speeds: Speeds

    def best(self, best: Chosen) -> Chosen:
        """Torch itself, or what is faster."""
        for name in RUNTIMES:
            if not self._may_pay(name, best):
                continue
            try:
                other = Chosen(name, _checked(self.encoder, name, self.folder, self.pictures))
            except RefusedError as reason:
                logger.warning("runtime %s is not taken: it %s", name, reason)
                self.speeds[name] = str(reason)
                continue
            if self._speed(other) < CLEARLY * self._speed(best):
                best = other
        return best

    def _may_pay(self, name: str, best: Chosen) -> bool:
        runtime, known = RUNTIMES[name], self.speeds.get(name)
        if isinstance(known, str) or not runtime.installed:
            return False
        if known is None:
            gain = GAIN if best.name == "torch" else GAIN_OVER_ANOTHER
            return self.coming * gain * self._speed(best) > runtime.preparing
        return self.coming * (self._speed(best) - known) > runtime.loading

    def _speed(self, of: Chosen) -> float:
        """Seconds a picture, as remembered or else measured now."""
        if of.name not in self.speeds:
            self.speeds[of.name] = self._measured(of.outputs)
        return float(self.speeds[of.name])

    def _measured(self, outputs: Outputs) -> float:
        """The least of a few runs."""
        runs: list[float] = []
        while len(runs) < RUNS_TIMED and sum(runs) * len(self.pictures) < SECONDS_TIMED:
            runs.append(_seconds(outputs, self.pictures))
        return min(runs)


def _seconds(outputs: Outputs, pictures: Tensor) -> float:
    started = time.perf_counter()
    outputs(pictures)
    return (time.perf_counter() - started) / len(pictures)


def _checked(encoder: Encoder, name: str, folder: Path, pictures: Tensor) -> Outputs:
    """A runtime's outputs, seen to be torch's; what was kept is converted again where it turns out to be damaged."""
    own = folder / name
    kept = own.is_dir()
    try:
        return _compared(encoder, name, own, pictures)
    except RefusedError:
        if not kept:
            raise
        shutil.rmtree(own, ignore_errors=True)
        return _compared(encoder, name, own, pictures)


def _compared(encoder: Encoder, name: str, folder: Path, pictures: Tensor) -> Outputs:
    few = pictures[:FEW]
    try:
        outputs = RUNTIMES[name].make(encoder, folder)
        differing = difference(outputs(few), by_torch(encoder)(few))
    except Exception as error:  # each runtime has kinds of complaint of its own
        raise RefusedError(f"cannot run the encoder: {one_line(error)}") from error
    if not differing <= TOLERANCE:
        raise RefusedError(
            f"gives outputs that differ from torch's by {differing:.2g} of their size, of {TOLERANCE:g} allowed"
        )
    return outputs


def difference(outputs: Tensor, expected: Tensor) -> float:
    """The largest difference as a share of the expected outputs' root mean square; infinite where shapes differ.

    >>> import torch
    >>> difference(torch.tensor([[3.0, 4.001]]), torch.tensor([[3.0, 4.0]])) < 3e-4
    True
    """
    if outputs.shape != expected.shape:
        return math.inf
    largest = float((outputs - expected).abs().max())
    return largest / float(expected.square().mean().sqrt()) if largest else 0.0
