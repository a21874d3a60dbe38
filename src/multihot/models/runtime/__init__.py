"""What computes an encoder's outputs: torch, or on a CPU whatever is faster there."""

from multihot.models.runtime.forward import Forward
from multihot.models.runtime.runtimes import RuntimeName

__all__ = ["Forward", "RuntimeName"]
