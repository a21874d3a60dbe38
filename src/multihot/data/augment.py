"""Random changes of training pictures, a whole batch at a time, on the device the batch is on.

Shapes: B samples, C H W channels, height and width.
"""

import math

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor
from torch.nn import functional


class AugmentSettings(BaseModel):
    """How far pictures are moved, each by its own random amounts, uniform in ± the setting."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    rotation: float = Field(default=25.0, ge=0, le=180)
    """Degrees."""

    shift: float = Field(default=0.1, ge=0, le=1)
    """Share of width and of height."""

    shear: float = Field(default=0.2, ge=0, lt=1.5)
    """Angle in radians."""

    zoom: float = Field(default=0.2, ge=0, lt=1)
    """Relative change of scale, the same for width and height."""

    horizontal_flip: bool = True
    """Mirror half of the pictures."""


STILL = AugmentSettings(rotation=0, shift=0, shear=0, zoom=0, horizontal_flip=False)


def augment(
    images: Tensor, settings: AugmentSettings, generator: torch.Generator, before: int = 0, whole: int | None = None
) -> Tensor:
    """Rotate, shift, shear, zoom and mirror each picture by its own random amounts.

    Args:
        images: (B, C, H, W) float, any range; what moves in from outside mirrors the edge.
        settings: how far.
        generator: a CPU generator; the same state gives the same changes on every device.
        before: how many pictures stand before these in a batch that several processes share.
        whole: how many there are in that batch; B where it is not shared.

    Returns:
        (B, C, H, W), bilinearly resampled.
    """
    if settings == STILL:
        return images
    count = before + len(images) if whole is None else whole
    motion = random_motion(count, images.shape[-2] / images.shape[-1], settings, generator)
    motion = motion[before : before + len(images)]
    grid = affine_grid(motion.to(images, non_blocking=True), *images.shape[-2:])
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def affine_grid(motion: Tensor, height: int, width: int) -> Tensor:
    """(B, H, W, 2) places in the old pictures, by matrices (B, 2, 3): torch's `affine_grid` with corners not aligned.

    A sum of rows and columns, where torch multiplies matrices for every pixel: a tenth of the time on a processor.
    """
    x, y = (torch.arange(1, 2 * count, 2, device=motion.device) / count - 1 for count in (width, height))
    across, down, shift = motion.permute(2, 1, 0)[..., None]
    planes: Tensor = (down * y + shift)[..., None] + (across * x)[..., None, :]
    return planes.permute(1, 2, 3, 0)


def random_motion(count: int, aspect: float, settings: AugmentSettings, generator: torch.Generator) -> Tensor:
    """(count, 2, 3) matrices from places in the new picture to places in the old, both in [-1, 1].

    Args:
        count: how many.
        aspect: height / width; turning happens in pixels, so that a circle stays one.
        settings: how far.
        generator: a CPU generator.
    """
    draws = torch.rand(count, 6, generator=generator) * 2 - 1
    angle = draws[:, 0] * math.radians(settings.rotation)
    shear = draws[:, 1] * settings.shear
    scale = 1 + draws[:, 2] * settings.zoom
    mirror = torch.where((draws[:, 5] > 0) & settings.horizontal_flip, -1.0, 1.0)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    linear = torch.stack(
        [
            torch.stack([cosine, -torch.sin(angle + shear) * aspect], -1),
            torch.stack([sine / aspect, torch.cos(angle + shear)], -1),
        ],
        -2,
    )
    linear = linear * (scale[:, None, None])
    linear = torch.cat([linear[:, :1] * mirror[:, None, None], linear[:, 1:]], dim=1)
    # affine_grid's places span [-1, 1], so a share of the width is twice as much there.
    shift = draws[:, 3:5] * settings.shift * 2
    return torch.cat([linear, shift[:, :, None]], -1)
