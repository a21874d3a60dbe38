"""The one decoder: training, prediction and serving all see a picture through `decode_bytes`.

Shapes: H, W height and width in pixels; a decoded picture is (H, W, 3) uint8 RGB.
"""

import threading
import warnings
from io import BytesIO
from types import TracebackType
from typing import BinaryIO, NamedTuple

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from multihot.errors import ImageError

# Safe on a stranger's bytes: none of these starts another program (EPS does) or guesses without a signature (TGA does).
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000", "ICO")
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"\x00\x00\x00\x0cjP  ")
_AVIF_SIGNATURES = (b"ftypavif", b"ftypavis")
_HEIC_SIGNATURES = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1")
_SIGNATURE_BYTES = 16
MARGIN = 2
"""How much larger than wanted a reduced JPEG still is, at least; 1 would shift its pixels by up to 3 grey levels."""

_STRIP = 2**21
"""Pixels that are converted at a time."""

_ORIENTATION = 0x0112  # the EXIF tag
_TURNS = {2: (0, True), 3: (2, False), 4: (2, True), 5: (3, True), 6: (3, False), 7: (1, True), 8: (1, False)}
_SIDEWAYS = (5, 6, 7, 8)
_WHITE = (255, 255, 255, 255)


def decode_bytes(content: bytes, side: int | None = None) -> NDArray[np.uint8]:
    """One encoded picture as (H, W, 3) uint8 RGB.

    The format is recognised by content. The orientation that EXIF declares is applied, an invalid one ignored. What is
    transparent becomes white; of an animation the first frame is taken; 16-bit greys keep their upper 8 bits; colour
    profiles are ignored.

    Args:
        content: a picture file's bytes.
        side: the pixels that height and width are scaled down to afterwards, where that is known. A JPEG then comes at
            the smallest fraction of its size (1/2, 3/8, 1/4 or 1/8) that leaves both sides twice this or longer, if any
            does: up to twice as fast for a photograph of 12 megapixels.

    Raises:
        ImageError: empty, not a picture, truncated, damaged or too large; the message is the reason.
    """
    if not content:
        raise ImageError("empty file")
    with _QUIET:
        try:
            with Image.open(BytesIO(content), formats=_FORMATS) as image:
                return _decode_opened(image, content, side)
        except ImageError:
            raise
        except Exception as error:  # on damaged bytes Pillow's readers raise whatever they stumble over
            raise ImageError(_reason(error, content)) from error


def stored_size(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels as the header says, before any turning; None where there is no readable header."""
    with _QUIET:
        try:
            with Image.open(BytesIO(content), formats=_FORMATS) as image:
                return image.size
        except Exception:  # whatever is wrong, `decode_bytes` says it when the picture is wanted
            return None


class Header(NamedTuple):
    """What a picture says of itself.

    Args:
        width: pixels across, as it is seen: after the turn that EXIF declares.
        height: pixels down.
        mode: Pillow's name of its channels: RGB, L (grey), P (palette), RGBA, CMYK, I;16, ...
        format: Pillow's name of its format, by content: JPEG, PNG, ...
    """

    width: int
    height: int
    mode: str
    format: str


def read_header(file: BinaryIO) -> Header:
    """The header of a picture file, which may still turn out to be damaged when it is decoded.

    Raises:
        ImageError: empty, not a picture, or no complete header; the message is the reason.
    """
    with _QUIET:
        try:
            with Image.open(file, formats=_FORMATS) as image:
                width, height = image.size
                # of a PNG, Pillow would look for it behind the pixels
                turned = (image.format != "PNG" or "exif" in image.info) and _orientation(image) in _SIDEWAYS
                return Header(*((height, width) if turned else (width, height)), image.mode, image.format or "")
        except Exception as error:  # on damaged bytes Pillow's readers raise whatever they stumble over
            file.seek(0)
            begun = file.read(_SIGNATURE_BYTES)
            raise ImageError(_reason(error, begun) if begun else "empty file") from error


def _decode_opened(image: Image.Image, content: bytes, side: int | None) -> NDArray[np.uint8]:
    pixels = None
    if image.format == "JPEG" and image.mode in ("RGB", "L"):
        pixels = _fast_jpeg(content, side)
    if pixels is None:
        image.load()
        pixels = _pixels(image)
    return _upright(pixels, _orientation(image))


def _fast_jpeg(content: bytes, side: int | None) -> NDArray[np.uint8] | None:
    """The pixels, at full size equal to Pillow's; None where the strict decoder objects and Pillow must judge."""
    # Fractions between 1/2 and 1 take longer than the whole.
    reduction = {} if side is None else {"min_height": MARGIN * side, "min_width": MARGIN * side, "min_factor": 2}
    try:
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(content, **reduction)
    except ValueError:
        return None
    return pixels


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    """Strip by strip: a conversion makes several copies, which for a large picture would fill the memory."""
    rows = max(_STRIP // image.width, 1)
    if rows >= image.height:
        return np.asarray(_as_rgb(image))
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        pixels[top:bottom] = np.asarray(_as_rgb(image.crop((0, top, image.width, bottom))))
    return pixels


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return _from_wide(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, _WHITE), rgba).convert("RGB")
    return image.convert("RGB")


def _from_wide(image: Image.Image) -> Image.Image:
    """16-bit greys as RGB; numbers with no known range are refused rather than guessed at."""
    values = np.asarray(image)
    if image.mode == "F" or values.min() < 0 or values.max() > 0xFFFF:
        raise ImageError(f"pixels are numbers without a known range (mode {image.mode}): save with 8 or 16 bits")
    return Image.fromarray((values >> 8).astype(np.uint8)).convert("RGB")


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a damaged EXIF block says nothing about the pixels
        return 1


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    quarters, mirrored = _TURNS.get(orientation, (0, False))
    turned = np.rot90(pixels, quarters)
    return np.ascontiguousarray(turned[:, ::-1] if mirrored else turned)


def _reason(error: Exception, content: bytes) -> str:
    if isinstance(error, Image.DecompressionBombError):
        return f"too large: more than {2 * (Image.MAX_IMAGE_PIXELS or 0):,} pixels"
    if isinstance(error, UnidentifiedImageError):
        return _unidentified(content)
    text = str(error) or type(error).__name__
    return f"truncated: {text}" if "truncated" in text.lower() else f"damaged: {text}"


def _unidentified(content: bytes) -> str:
    if content.startswith(_HEIC_SIGNATURES, 4):
        return "HEIC is not supported: convert it to JPEG or PNG"
    begun = content.startswith(_SIGNATURES) or content.startswith(_AVIF_SIGNATURES, 4) or content[8:12] == b"WEBP"
    return "truncated or damaged: no complete header" if begun else "not a picture in a known format"


class _QuietPillow:
    """Silences Pillow's warnings while any thread decodes; `warnings.catch_warnings` alone is not safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._caught = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._caught.__exit__(kind, error, trace)


_QUIET = _QuietPillow()
