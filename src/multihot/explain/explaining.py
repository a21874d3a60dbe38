"""A run and pictures to heat maps of their labels.

Shapes: L labels, K of them, S height and width in pixels.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from multihot.data import ImageArrays, Images
from multihot.data.loading import Loaded, load
from multihot.data.stored_images import images_at
from multihot.errors import DataError
from multihot.explain.explanation import Explanation
from multihot.explain.gradient import require_captum
from multihot.explain.maps import label_maps, method_of
from multihot.labels import LabelSet
from multihot.models import Classifier
from multihot.progress import track
from multihot.run import ListedRun, Run

NOT_PICTURES = "the run was trained on feature vectors: heat maps are of pictures"


def explain(
    run: Run | ListedRun,
    pictures: str | Path | Sequence[str | Path] | NDArray[np.uint8],
    labels: Sequence[str] | None = None,
) -> Iterator[Explanation]:
    """Where in pictures each label was seen, as heat maps; picture by picture, as they are done.

    Args:
        run: a run of pictures.
        pictures: paths or addresses of files (one alone is a list of one), or pictures (N, H, W), (N, H, W, 1 or 3)
            uint8.
        labels: which labels to look for; where they are not given, those decided present in each picture.

    A picture that cannot be read has its reason in `label_set.error`, and no maps.

    Raises:
        DataError: the run takes feature vectors.
        LabelError: the run has no such label.
        MissingExtraError: only gradients tell of this run's head, and captum is not installed.
    """
    if isinstance(run, ListedRun) or not isinstance(run.classifier, Classifier):
        raise DataError(NOT_PICTURES)
    if method_of(run.classifier) == "gradient":
        require_captum()
    if labels is not None:
        run.space.require_known(labels, "labels")
    paths = [pictures] if isinstance(pictures, str | Path) else pictures
    if isinstance(paths, np.ndarray):
        return _explained(run, run.classifier, ImageArrays(paths), [str(row) for row in range(len(paths))], labels)
    names = [str(path) for path in paths]
    return _explained(run, run.classifier, images_at(names), names, labels)


def _explained(
    run: Run, classifier: Classifier, images: Images, ids: Sequence[str], labels: Sequence[str] | None
) -> Iterator[Explanation]:
    loaded = load(images, range(len(images)), classifier.encoder.spec.size)
    for picture in track(loaded, "explaining pictures", len(images)):
        yield _of_one(run, classifier, images, picture, ids[picture.row], labels)


def _of_one(
    run: Run, classifier: Classifier, images: Images, picture: Loaded, name: str, labels: Sequence[str] | None
) -> Explanation:
    if picture.pixels is None:
        return Explanation(LabelSet(name, error=picture.error), images=images, row=picture.row)
    pixels = picture.pixels[None].to(next(classifier.parameters()).device)
    with torch.no_grad():
        maps = classifier.encoder.maps(pixels)
        logits = classifier.head(classifier.encoder.pooled(maps))
    (label_set,) = run.sets_of([name], [None], logits.float().cpu().numpy())
    wanted = label_set.labels if labels is None else tuple(labels)
    indices = torch.tensor([run.space.index(label) for label in wanted], dtype=torch.int64, device=pixels.device)
    found = label_maps(classifier, pixels, indices, maps)
    return Explanation(label_set, wanted, found.maps[0].float().cpu().numpy(), found.method, images, picture.row)
