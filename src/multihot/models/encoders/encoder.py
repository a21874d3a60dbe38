"""One encoder interface around every backbone.

Shapes: B samples in a batch, C H W channels, height and width, D features, h w height and width of the feature maps.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from multihot.data.loading import PREPARED
from multihot.errors import RecipeError
from multihot.models.encoders.settings import Pooling


@dataclass(frozen=True)
class InputSpec:
    """What a backbone was made for.

    Args:
        size: height and width in pixels.
        channels: 3 for RGB, 1 for grey.
        mean: per channel, on the scale of 0 to 1.
        std: per channel, on the scale of 0 to 1.
        fixed_size: whether the backbone accepts only this size.
    """

    size: int
    channels: int = 3
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    std: tuple[float, ...] = (0.5, 0.5, 0.5)
    fixed_size: bool = False


class Encoder(nn.Module):
    """Images to features: normalise, backbone, pool. All of it travels with the weights.

    Args:
        backbone: (B, C, H, W) float to maps (B, D', h, w).
        spec: the backbone's input.
        pooling: how maps become vectors; "none" leaves them as they are.
        flipped_twin: outside training, average with the features of the mirror image.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, backbone: nn.Module, spec: InputSpec, pooling: Pooling, flipped_twin: bool = False) -> None:
        super().__init__()
        self.backbone = backbone
        self.spec = spec
        self.pooling = pooling
        self.flipped_twin = flipped_twin
        self.register_buffer("mean", torch.tensor(spec.mean).view(1, -1, 1, 1) * 255, persistent=False)
        self.register_buffer("std", torch.tensor(spec.std).view(1, -1, 1, 1) * 255, persistent=False)
        self.grid, self.shape = self._probe()

    @property
    def dimension(self) -> int:
        """D, the features of a vector or the channels of a map."""
        return self.shape[0]

    def _probe(self) -> tuple[tuple[int, int], tuple[int, ...]]:
        """(h, w) of the backbone's maps, and the shape of one sample's features."""
        training = self.training
        self.eval()
        picture = torch.zeros(1, 3, self.spec.size, self.spec.size, dtype=torch.uint8)
        try:
            with torch.inference_mode():
                maps = self.maps(picture)
                return (maps[0].shape[2], maps[0].shape[3]), tuple(self.pooled(maps).shape[1:])
        except (RuntimeError, AssertionError) as error:
            raise RecipeError(f"encoder.size: the encoder does not run at {self.spec.size} pixels: {error}") from error
        finally:
            self.train(training)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) RGB, uint8 or float in [0, 255], to features (B, D), or maps (B, D, h, w) without pooling."""
        return self.pooled(self.maps(images))

    def maps(self, images: Tensor) -> list[Tensor]:
        """(B, D', h, w) of the backbone for (B, 3, H, W); with `flipped_twin` those of the mirror images too."""
        seen = [images, images.flip(-1)] if self.flipped_twin and not self.training else [images]
        return [self.backbone(self.normalise(each)) for each in seen]

    def pooled(self, maps: Sequence[Tensor]) -> Tensor:
        """What `maps` gives to features (B, D), or maps (B, D, h, w) without pooling."""
        features = pool(maps[0], self.pooling)
        if len(maps) == 1:
            return features
        twin = pool(maps[1], self.pooling)
        return (features + (twin.flip(-1) if twin.ndim == 4 else twin)) / 2

    def normalise(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) in [0, 255] to the backbone's own channels, mean and standard deviation."""
        values = images.to(self.mean.dtype)
        if self.spec.channels == 1:
            # ITU-R 601-2 luma, as Pillow converts to grey
            values = (values * values.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
        values = (values - self.mean) / self.std
        return values.contiguous(memory_format=torch.channels_last)

    def fingerprint(self) -> str:
        """32 hexadecimal digits of everything that decides the features: pixels, weights, input and pooling."""
        digest = hashlib.blake2b(repr((PREPARED, self.spec, self.pooling, self.flipped_twin)).encode(), digest_size=16)
        for name, tensor in self.backbone.state_dict().items():
            digest.update(f"{name} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()


def pool(maps: Tensor, pooling: Pooling) -> Tensor:
    """(B, D', h, w) maps to (B, D): D' for average and max, 2 D' for both, D' h w for flatten; none leaves maps.

    >>> pool(torch.tensor([[[[1.0, 3.0]]]]), "average+max")
    tensor([[2., 3.]])
    """
    if pooling == "none":
        return maps
    if pooling == "flatten":
        return maps.flatten(1)
    if pooling == "average":
        return maps.mean((2, 3))
    if pooling == "max":
        return maps.amax((2, 3))
    return torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1)
