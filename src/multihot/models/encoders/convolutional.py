"""The classic two-block convolutional nets, for pictures of 28 and 32 pixels and their like."""

from torch import nn

from multihot.models.encoders.encoder import InputSpec

CNN28 = InputSpec(size=28, channels=1, mean=(0.5,), std=(0.5,))
CNN32 = InputSpec(size=32, channels=3)


def cnn28() -> nn.Sequential:
    """(B, 1, 28, 28) to (B, 64, 7, 7): two blocks of 5x5 convolution and 2x2 max-pooling (LeCun et al. 1998)."""
    return nn.Sequential(*_block(1, 32, kernel=5, pool=2), *_block(32, 64, kernel=5, pool=2))


def cnn32() -> nn.Sequential:
    """(B, 3, 32, 32) to (B, 64, 8, 8): two blocks of 3x3 convolution and 2x2 max-pooling."""
    return nn.Sequential(*_block(3, 32, kernel=3, pool=2), *_block(32, 64, kernel=3, pool=2))


def _block(channels_in: int, channels_out: int, kernel: int, pool: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(pool),
    )
