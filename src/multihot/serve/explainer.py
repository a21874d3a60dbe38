"""Heat maps of what is served: where in a picture labels were seen.

Shapes: K labels that are asked for, h w height and width of maps.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray

from multihot.data.loading import prepare
from multihot.explain import label_maps, method_of
from multihot.models import Classifier
from multihot.serve.model import require_within


class Explainer:
    """One thread that makes heat maps, picture by picture, beside the one that judges.

    Args:
        classifier: of pictures; it is shared with those that judge.
        max_pixels: the largest picture.
    """

    def __init__(self, classifier: Classifier, max_pixels: int) -> None:
        self.method = method_of(classifier)
        self._classifier = classifier
        self._max_pixels = max_pixels
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="explain")

    def submit(self, content: bytes, labels: Sequence[int]) -> "Future[NDArray[np.float32]]":
        """(K, h, w) maps of a picture file's bytes; a future that is cancelled before its turn costs nothing."""
        return self._pool.submit(self._explain, content, labels)

    def close(self) -> None:
        """Finish what was submitted, then end."""
        self._pool.shutdown()

    def _explain(self, content: bytes, labels: Sequence[int]) -> NDArray[np.float32]:
        require_within(content, self._max_pixels)
        device = next(self._classifier.parameters()).device
        pixels = prepare(content, self._classifier.encoder.spec.size)[None].to(device)
        found = label_maps(self._classifier, pixels, torch.tensor(labels, dtype=torch.int64, device=device))
        maps: NDArray[np.float32] = found.maps[0].float().cpu().numpy()
        return maps
