"""Where labels were seen in the pictures of a report.

Shapes: K labels, h w height and width of maps.
"""

import base64
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from multihot.data.decoding import read_header
from multihot.data.loading import prepare
from multihot.errors import ImageError
from multihot.explain import can_explain, has_places, heat, label_maps, shades
from multihot.models import Classifier
from multihot.run import Run, ScoreEvaluation


class HeatMaps(NamedTuple):
    """Maps of one picture.

    Args:
        width: of the picture in pixels, as it is seen.
        height: of it.
        maps: label -> data URI of a PNG with a pixel a cell, to be stretched over the picture.
    """

    width: int
    height: int
    maps: dict[str, str]


def explained(run: Run | ScoreEvaluation) -> Classifier | None:
    """The classifier whose maps a report shows: where they can be had, and not from pixels, which takes long."""
    classifier = run.classifier if isinstance(run, Run) else None
    if not isinstance(classifier, Classifier) or not can_explain(classifier) or not has_places(classifier):
        return None
    return classifier


def heat_maps(classifier: Classifier, encoded: bytes, names: Sequence[str], labels: Sequence[int]) -> HeatMaps | None:
    """Where labels were seen in a picture.

    Args:
        classifier: in evaluation mode.
        encoded: the picture's bytes.
        names: of the K labels to look for.
        labels: their indices.

    Returns:
        None where the picture cannot be decoded.
    """
    device = next(classifier.parameters()).device
    try:
        header = read_header(BytesIO(encoded))
        pixels = prepare(encoded, classifier.encoder.spec.size)[None].to(device)
    except ImageError:
        return None
    maps = label_maps(classifier, pixels, torch.tensor(labels, dtype=torch.int64, device=device)).maps[0]
    drawn = [_uri(shades(heat(each))) for each in maps.float().cpu().numpy()]
    return HeatMaps(header.width, header.height, dict(zip(names, drawn, strict=True)))


def _uri(pixels: NDArray[np.uint8]) -> str:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
