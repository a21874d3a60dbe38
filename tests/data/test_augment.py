import pytest
import torch
from torch.nn import functional

from multihot.data.augment import AugmentSettings, affine_grid, augment, random_motion

STILL = AugmentSettings(rotation=0, shift=0, shear=0, zoom=0, horizontal_flip=False)
PICTURES = torch.rand(8, 3, 16, 20, generator=torch.Generator().manual_seed(0)) * 255


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_no_motion_leaves_pictures_alone() -> None:
    torch.testing.assert_close(augment(PICTURES, STILL, generator()), PICTURES, rtol=1e-4, atol=1e-2)


def test_the_same_state_gives_the_same_changes() -> None:
    settings = AugmentSettings()
    assert torch.equal(augment(PICTURES, settings, generator(3)), augment(PICTURES, settings, generator(3)))
    assert not torch.equal(augment(PICTURES, settings, generator(3)), augment(PICTURES, settings, generator(4)))


def test_flips_mirror_some_pictures_and_only_mirror() -> None:
    settings = STILL.model_copy(update={"horizontal_flip": True})
    flipped = augment(PICTURES, settings, generator())
    mirrored = [torch.allclose(a, b.flip(-1), atol=0.1) for a, b in zip(flipped, PICTURES, strict=True)]
    kept = [torch.allclose(a, b, atol=0.1) for a, b in zip(flipped, PICTURES, strict=True)]
    assert all(a != b for a, b in zip(mirrored, kept, strict=True))
    assert any(mirrored)
    assert any(kept)


def test_places_are_those_of_torch() -> None:
    motion = random_motion(8, 0.8, AugmentSettings(), generator())
    expected = functional.affine_grid(motion, [8, 3, 16, 20], align_corners=False)
    torch.testing.assert_close(affine_grid(motion, 16, 20), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("aspect", [1.0, 0.5])
def test_rotation_turns_pixels_and_keeps_their_distance(aspect: float) -> None:
    motion = random_motion(50, aspect, STILL.model_copy(update={"rotation": 25.0}), generator())
    # From places in [-1, 1] to pixels: x spans the width, y the height = aspect x width.
    pixels = torch.diag(torch.tensor([1.0, aspect]))
    turned = pixels @ motion[:, :, :2] @ torch.linalg.inv(pixels)
    torch.testing.assert_close(turned @ turned.transpose(1, 2), torch.eye(2).expand(50, 2, 2), rtol=1e-4, atol=1e-4)
    angle = torch.rad2deg(torch.atan2(turned[:, 1, 0], turned[:, 0, 0]))
    assert angle.abs().max() <= 25
    assert angle.abs().max() > 15


def test_shift_and_zoom_stay_in_their_ranges() -> None:
    motion = random_motion(200, 1.0, STILL.model_copy(update={"shift": 0.1, "zoom": 0.2}), generator())
    assert motion[:, :, 2].abs().max() <= 0.2  # a tenth of a width that spans 2
    scale = motion[:, 0, 0]
    assert 0.8 <= scale.min() < 0.85
    assert 1.15 < scale.max() <= 1.2
