import pytest
import torch

from multihot.errors import RecipeError
from multihot.models import choose_device


def test_auto_always_works() -> None:
    torch.ones(1, device=choose_device("auto"))


@pytest.mark.parametrize("name", ["banana", "cuda:99"])
def test_devices_that_are_not_there(name: str) -> None:
    with pytest.raises(RecipeError, match=f"device: '{name}' cannot be used here"):
        choose_device(name)
