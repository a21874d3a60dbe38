"""Modules whose buffers take their shapes from training data."""

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor, nn


class Learned(nn.Module):
    """A module that loads buffers of any shape, where their shapes were decided by data."""

    learned: ClassVar[tuple[str, ...]] = ()
    """The names of these buffers."""

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *arguments: Any) -> None:
        for name in self.learned:
            stored = state_dict.get(f"{prefix}{name}")
            if isinstance(stored, Tensor):
                setattr(self, name, getattr(self, name).new_empty(stored.shape))
        super()._load_from_state_dict(state_dict, prefix, *arguments)
