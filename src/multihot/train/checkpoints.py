"""Checkpoints: one safetensors file that holds all a stopped training needs to go on as if it had not stopped."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from multihot import processes
from multihot.errors import RunError
from multihot.models import Classifier
from multihot.train.sharded_weights import part_like, whole


@dataclass
class TrainingState:
    """What changes while encoder and head are trained.

    Args:
        model: the weights that are stepped.
        average: the moving average of them, which is validated.
        optimiser: AdamW over the model's parameters.
        step: optimiser steps done.
        history: one record an epoch done.
        best: weights of the best epoch so far, by validation.
    """

    model: Classifier
    average: Classifier
    optimiser: torch.optim.Optimizer
    step: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history)


def save_checkpoint(path: Path, state: TrainingState) -> None:
    """Write the whole state in one move; what is random needs no place in it, being drawn from seed and epoch.

    All processes call it, and the first writes: tensors are whole in the file, however weights are held.
    """
    optimiser = state.optimiser.state_dict()
    held = {
        **_prefixed("model", state.model.state_dict()),
        **_prefixed("average", state.average.state_dict()),
        **_prefixed("best", state.best),
    }
    for index, moments in optimiser["state"].items():
        held.update(_prefixed(f"optimiser.{index}", moments))
    tensors = {}
    for name, tensor in held.items():
        gathered = whole(tensor.detach())
        if processes.is_first():
            # Tensors that share memory cannot be stored twice.
            tensors[name] = gathered.cpu().clone().contiguous()
    if not processes.is_first():
        return
    facts = {"step": state.step, "history": state.history, "groups": optimiser["param_groups"]}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    save_file(tensors, part, metadata={"facts": json.dumps(facts)})
    part.replace(path)


def load_checkpoint(path: Path, state: TrainingState) -> None:
    """Fill the state from a checkpoint; its modules and optimiser must be those of the same recipe.

    Whether weights were sharded when it was written, and over how many processes, makes no difference.
    """
    held = _held(state)
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads(file.metadata()["facts"])
            tensors = {name: part_like(file.get_tensor(name), held.get(name)) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise RunError(f"{path}: cannot be read ({error}); remove it to start this run again") from error
    state.model.load_state_dict(_part(tensors, "model"))
    state.average.load_state_dict(_part(tensors, "average"))
    state.best = _part(tensors, "best")
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _part(tensors, "optimiser").items():
        index, moment = name.split(".", 1)
        moments.setdefault(int(index), {})[moment] = tensor
    state.optimiser.load_state_dict({"state": moments, "param_groups": facts["groups"]})
    state.step, state.history = facts["step"], facts["history"]


def _held(state: TrainingState) -> dict[str, Tensor]:
    """Tensors of a checkpoint's names that are held as those of its names will be."""
    model, average = state.model.state_dict(), state.average.state_dict()
    held = {**_prefixed("model", model), **_prefixed("average", average), **_prefixed("best", average)}
    parameters = [parameter for group in state.optimiser.param_groups for parameter in group["params"]]
    for index, parameter in enumerate(parameters):
        held.update(_prefixed(f"optimiser.{index}", {"exp_avg": parameter, "exp_avg_sq": parameter}))
    return held


def _prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(f"{prefix}."): tensor for name, tensor in tensors.items() if name.startswith(f"{prefix}.")
    }
