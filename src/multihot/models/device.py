"""Where tensors are computed on."""

import torch

from multihot.errors import RecipeError


def choose_device(name: str) -> torch.device:
    """The device of that name; `auto` is a CUDA GPU where there is one, else the CPU.

    Raises:
        RecipeError: torch knows no such device, or this machine has none.

    >>> choose_device("cpu")
    device(type='cpu')
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise RecipeError(f"device: {name!r} cannot be used here ({reason}); auto and cpu always can") from error
    return device
