"""An encoder's outputs, by what runs it fastest.

Shapes: B samples in a batch, S height and width in pixels, D features, h w height and width of feature maps.
"""

from torch import Tensor

from multihot.models.encoders import Encoder
from multihot.models.runtime.choice import Chosen, fastest, named
from multihot.models.runtime.runtimes import RuntimeName


class Forward:
    """Pictures to an encoder's outputs, outside training.

    The runtime is chosen on the first batch, and again when there is more than twice as much to do as was foreseen.

    Args:
        encoder: in evaluation mode; its weights stay as they are.
        runtime: what computes; `auto` measures what is faster than torch, where there is enough to do.
    """

    def __init__(self, encoder: Encoder, runtime: RuntimeName = "auto") -> None:
        self._encoder = encoder
        self._wanted: RuntimeName = runtime
        self._settled = runtime != "auto"
        self._chosen: Chosen | None = None
        self._foreseen = 0
        self._done = 0

    @property
    def runtime(self) -> str | None:
        """The name of what computes; None before the first batch."""
        return self._chosen and self._chosen.name

    def __call__(self, pictures: Tensor, coming: int) -> Tensor:
        """Features (B, D) or maps (B, D, h, w), where the encoder's weights are.

        Args:
            pictures: (B, 3, S, S) uint8, of which there is one at least.
            coming: how many there are to do, about, with these: what takes time to convert pays for many.

        Raises:
            MissingExtraError: a runtime that was named is not installed.
            RecipeError: it cannot take the encoder, or its outputs are not torch's.
        """
        chosen = self._chosen
        if chosen is None or (not self._settled and self._done + coming > 2 * self._foreseen):
            chosen = self._choose(pictures, self._done + coming)
        self._done += len(pictures)
        return chosen.outputs(pictures)

    def settle(self, pictures: Tensor, coming: int) -> None:
        """Choose now and for good, so that nobody who waits for an answer waits for a trial.

        Args:
            pictures: (B, 3, S, S) uint8, an example.
            coming: how many there are to do, about.

        Raises:
            MissingExtraError, RecipeError: as above.
        """
        self._choose(pictures, coming)
        self._settled = True

    def _choose(self, pictures: Tensor, coming: int) -> Chosen:
        if self._wanted == "auto":
            self._chosen = fastest(self._encoder, pictures, coming)
        else:
            self._chosen = named(self._encoder, self._wanted, pictures)
        self._foreseen = coming
        return self._chosen
