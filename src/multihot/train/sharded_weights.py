"""Weights of which each process holds a part: for encoders that one device can hold, but not train.

A block's weights come together where it computes, and part again; its gradients are summed where their part is. So
gradients, AdamW's moments and the moving average are parts as well. torch's `fully_shard` does it (FSDP2; Zhao et al.
2023, "PyTorch FSDP"), called here as accelerate leaves it out on CPUs.
"""

import copy
from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from multihot import processes
from multihot.errors import RecipeError, one_line
from multihot.models import Classifier
from multihot.train.objective import Objective

SMALLEST_BLOCK = 1 / 256
"""Share of an encoder's parameters from which on a block comes together on its own."""

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def sharded(classifier: Classifier, accelerator: Accelerator, computed_in: torch.dtype | None) -> Objective:
    """The objective of a copy of the classifier, of which never more than a block is whole.

    Args:
        classifier: the same in every process.
        accelerator: says the device.
        computed_in: to what weights of the encoder are rounded when they come together; None leaves them.

    Raises:
        RecipeError: the encoder has parameters that cannot be sharded.
    """
    without_values = {id(parameter): _shape_of(parameter) for parameter in classifier.parameters()}
    objective = Objective(copy.deepcopy(classifier, without_values))
    mesh = init_device_mesh(accelerator.device.type, (processes.count(),))
    rounded = MixedPrecisionPolicy(param_dtype=computed_in, reduce_dtype=torch.float32, cast_forward_inputs=False)
    encoder = objective.classifier.encoder
    try:
        for module in (*blocks(encoder), encoder):
            module.register_forward_hook(_with_own_memory)
            fully_shard(module, mesh=mesh, mp_policy=rounded)
        # What is called of the head is not its `forward`: its weights come together with the objective's.
        fully_shard(objective, mesh=mesh, reshard_after_forward=True)
    except ValueError as error:
        raise RecipeError(
            f"full.parallel: this model cannot be sharded ({one_line(error)}); take replicated"
        ) from error
    shapes = dict(objective.classifier.named_parameters())
    parts = {name: part_like(tensor.detach(), shapes[name]) for name, tensor in classifier.named_parameters()}
    objective.classifier.load_state_dict(parts, strict=False, assign=True)
    return objective


def _with_own_memory(module: nn.Module, inputs: Any, output: Any) -> Any:
    """A view that is changed in place would lose what brings weights together again for its gradient."""
    return output.clone() if isinstance(output, Tensor) and output._is_view() else output


def _shape_of(parameter: nn.Parameter) -> nn.Parameter:
    return nn.Parameter(torch.empty_like(parameter, device="meta"), parameter.requires_grad)


def blocks(encoder: nn.Module) -> Iterator[nn.Module]:
    """What an encoder is built of, inner ones first: modules in a row, or beside others of their class.

    Those are called as a whole. Of other modules, such as the projections of an attention, weights may be used without
    a call, which does not bring them together.
    """
    smallest = _parameters(encoder) * SMALLEST_BLOCK
    for parent in reversed(list(encoder.modules())):
        classes = Counter(map(type, parent.children()))
        for child in parent.children():
            in_a_row = isinstance(parent, _CONTAINERS)
            repeated = classes[type(child)] > 1 and any(True for _ in child.children())
            if (in_a_row or repeated) and not isinstance(child, _CONTAINERS) and _parameters(child) >= smallest:
                yield child


def _parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def let_go(model: nn.Module) -> None:
    """Free the memory of a model's parameters; their shapes stay."""
    for parameter in model.parameters():
        parameter.data = parameter.data.new_empty(1).expand(parameter.shape)


def own_part(tensor: Tensor) -> Tensor:
    """What this process holds of a tensor: its memory, not a copy."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def whole(tensor: Tensor) -> Tensor:
    """A tensor with the parts of all processes, all of which call it."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def part_like(tensor: Tensor, like: Tensor | None) -> Tensor:
    """Of a whole tensor what this process holds of another of its shape, where that is sharded."""
    if not isinstance(like, DTensor):
        return tensor
    mesh = like.device_mesh
    held = distribute_tensor(tensor.to(mesh.device_type), mesh, like.placements, src_data_rank=None)
    return held.clone()  # older torch gives a view, which would keep all of the memory
