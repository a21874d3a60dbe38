"""What is known of why a picture got its labels.

Shapes: K labels, h w height and width of maps, H W of the picture in pixels.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from multihot.data import ImageArrays, Images
from multihot.errors import LabelError
from multihot.explain.drawing import over
from multihot.explain.maps import Method
from multihot.labels import LabelSet

LONGER_SIDE = 800


@dataclass(frozen=True, eq=False)
class Explanation:
    """Heat maps of one picture.

    Args:
        label_set: what the run says of the picture.
        labels: the K labels that were looked for.
        maps: (K, h, w) float32 in the order of `labels`; rows from top to bottom, columns from left to right, together
            the whole picture. In units of logits where `method` is exact (the mean over places plus the label's bias is
            the logit) or gradient (the mean is how far the logit is from that of the average picture); shares that sum
            to 1 where it is attention.
        method: how they were found.
        images: where the picture is.
        row: which of them it is.
    """

    label_set: LabelSet
    labels: tuple[str, ...] = ()
    maps: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0, 0), np.float32), repr=False)
    method: Method = "exact"
    images: Images = field(default_factory=lambda: ImageArrays(np.zeros((0, 1, 1), np.uint8)), repr=False)
    row: int = 0

    def __getitem__(self, label: str) -> NDArray[np.float32]:
        """(h, w) the map of one label; raises `LabelError` where it was not looked for."""
        if label not in self.labels:
            known = ", ".join(self.labels) or "none"
            raise LabelError(f"{self.label_set.id}: no heat map of {label!r}; there are: {known}")
        found: NDArray[np.float32] = self.maps[self.labels.index(label)]
        return found

    def draw(self, label: str, longer_side: int = LONGER_SIDE) -> Image:
        """The map of one label over the picture, which is read again.

        Args:
            label: one of `labels`.
            longer_side: of the drawing in pixels, at most.

        Raises:
            LabelError: it was not looked for.
            ImageError: the picture cannot be read any more.
        """
        heated = heat(self[label])
        return over(self.images.decode(self.row), heated, longer_side)


def heat(label_map: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w) in [0, 1]: what speaks for the label, as a share of what the place that says most says.

    What is 0 or less, and with it a map of which no place speaks for the label, becomes 0.

    >>> heat(np.array([[-1.0, 1.0], [0.0, 4.0]], np.float32))
    array([[0.  , 0.25],
           [0.  , 1.  ]], dtype=float32)
    """
    most = label_map.max(initial=0)
    return np.asarray(label_map.clip(min=0) / most if most > 0 else np.zeros_like(label_map), np.float32)
