import io
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from multihot.data import decoding
from multihot.data.decoding import decode_bytes, stored_size
from multihot.errors import ImageError


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def photograph(mode: str = "RGB", size: tuple[int, int] = (40, 24)) -> Image.Image:
    """Smooth and without symmetry, so that JPEG keeps it and every turn shows."""
    width, height = size
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    pixels = np.stack([200 * x, 200 * y, 100 * (x + y)], axis=2).astype(np.uint8)
    return Image.fromarray(pixels).convert(mode)


def rgb(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"))


def with_orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_formats_keep_every_pixel(kind: str) -> None:
    image = photograph()
    np.testing.assert_array_equal(decode_bytes(encoded(image, kind)), rgb(image))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "JPEG2000", "BMP", "TIFF", "PPM", "ICO"])
def test_every_format_gives_contiguous_rgb(kind: str) -> None:
    pixels = decode_bytes(encoded(photograph(size=(32, 32)), kind))
    assert (pixels.shape, pixels.dtype, pixels.flags.c_contiguous) == ((32, 32, 3), np.uint8, True)
    assert np.abs(pixels.astype(int) - rgb(photograph(size=(32, 32)))).mean() < 12


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": "4:4:4"}, {"restart_marker_blocks": 2}])
def test_the_fast_jpeg_path_gives_pillows_pixels(mode: str, options: dict[str, object]) -> None:
    content = encoded(photograph(mode), "JPEG", **options)
    np.testing.assert_array_equal(decode_bytes(content), rgb(Image.open(io.BytesIO(content))))


def test_cmyk_jpeg_is_read_as_pillow_reads_it() -> None:
    content = encoded(photograph("CMYK"), "JPEG", quality=95)
    np.testing.assert_array_equal(decode_bytes(content), rgb(Image.open(io.BytesIO(content))))
    assert np.abs(decode_bytes(content).astype(int) - rgb(photograph())).mean() < 4


@pytest.mark.parametrize(
    ("side", "shape"), [(None, (240, 400)), (61, (240, 400)), (60, (120, 200)), (30, (60, 100)), (20, (60, 100))]
)
def test_a_jpeg_may_come_smaller_but_never_below_twice_the_side_wanted(
    side: int | None, shape: tuple[int, int]
) -> None:
    content = encoded(photograph(size=(400, 240)), "JPEG", quality=95)
    pixels = decode_bytes(content, side)
    assert pixels.shape[:2] == shape
    expected = photograph(size=(400, 240)).resize(shape[::-1], Image.Resampling.BOX)
    assert np.abs(pixels.astype(int) - rgb(expected)).mean() < 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_declared_orientation_is_applied_alike_everywhere(kind: str, orientation: int) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    content = encoded(photograph(), kind, exif=with_orientation(orientation), **options)
    expected = rgb(ImageOps.exif_transpose(Image.open(io.BytesIO(content))))
    np.testing.assert_array_equal(decode_bytes(content), expected)


def test_both_jpeg_paths_turn_alike() -> None:
    content = encoded(photograph(), "JPEG", exif=with_orientation(6), restart_marker_blocks=1)
    judged_by_pillow = content.replace(b"\xff\xd0", b"\x01\x02\x03\xff\xd0", 1)
    with pytest.raises(ValueError, match="extraneous bytes"):
        simplejpeg.decode_jpeg(judged_by_pillow)
    np.testing.assert_array_equal(decode_bytes(content), decode_bytes(judged_by_pillow))
    assert decode_bytes(content).shape == (40, 24, 3)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_invalid_orientation_is_ignored(orientation: int) -> None:
    content = encoded(photograph(), "JPEG", exif=with_orientation(orientation))
    assert decode_bytes(content).shape == (24, 40, 3)


def test_a_damaged_exif_block_is_ignored() -> None:
    content = encoded(photograph(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    assert decode_bytes(content).shape == (24, 40, 3)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
@pytest.mark.parametrize("strip", [1, 100, 10_000])
def test_a_picture_converted_in_strips_is_the_same(mode: str, strip: int, monkeypatch: pytest.MonkeyPatch) -> None:
    image = photograph("I" if mode == "I;16" else mode)
    options = {"transparency": 3} if mode == "P" else {}
    content = encoded(image.convert(mode), "PNG", **options)
    whole = decode_bytes(content)
    monkeypatch.setattr(decoding, "_STRIP", strip)
    np.testing.assert_array_equal(decode_bytes(content), whole)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_becomes_white(mode: str) -> None:
    image = Image.new(mode, (4, 2), 0)
    image.putpixel((0, 0), (10, 20, 30, 255) if mode == "RGBA" else (10, 255))
    pixels = decode_bytes(encoded(image, "PNG"))
    assert pixels[0, 0].tolist() == ([10, 20, 30] if mode == "RGBA" else [10, 10, 10])
    assert (pixels[1] == 255).all()


def test_half_transparent_pixels_are_blended_with_white() -> None:
    pixels = decode_bytes(encoded(Image.new("RGBA", (1, 1), (0, 0, 0, 128)), "PNG"))
    assert pixels[0, 0].tolist() == [127, 127, 127]


def test_palette_pictures_with_and_without_transparency() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    assert decode_bytes(encoded(image, "PNG"))[0].tolist() == [[255, 0, 0], [0, 0, 255]]
    assert decode_bytes(encoded(image, "PNG", transparency=1))[0].tolist() == [[255, 0, 0], [255, 255, 255]]
    several = encoded(image, "PNG", transparency=bytes([0, 255]))
    assert decode_bytes(several)[0].tolist() == [[255, 255, 255], [0, 0, 255]]


def test_a_transparent_colour_of_a_true_colour_png_becomes_white() -> None:
    content = encoded(Image.new("RGB", (1, 1), (1, 2, 3)), "PNG", transparency=(1, 2, 3))
    assert decode_bytes(content)[0, 0].tolist() == [255, 255, 255]


def test_one_bit_pictures_are_black_and_white() -> None:
    image = Image.new("1", (2, 1))
    image.putpixel((1, 0), 1)
    assert decode_bytes(encoded(image, "PNG"))[0].tolist() == [[0, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bit_greys_keep_their_upper_bits(kind: str) -> None:
    image = Image.fromarray(np.array([[0, 0x0102, 0x8000, 0xFFFF]], dtype=np.uint16))
    assert decode_bytes(encoded(image, kind))[0, :, 0].tolist() == [0, 1, 0x80, 0xFF]


def test_numbers_without_a_range_are_refused() -> None:
    with pytest.raises(ImageError, match="without a known range"):
        decode_bytes(encoded(Image.fromarray(np.ones((2, 2), dtype=np.float32)), "TIFF"))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "MPO"])
def test_of_several_frames_the_first_is_taken(kind: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    pixels = decode_bytes(encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options))
    assert np.abs(pixels.astype(int) - [255, 0, 0]).max() <= 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "^empty file$"),
        (bytes(500), "^not a picture in a known format$"),
        (b"hello, I am a text", "^not a picture in a known format$"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "^not a picture in a known format$"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "^truncated or damaged: no complete header$"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "^HEIC is not supported: convert it to JPEG or PNG$"),
        (b"\xff\xd8\xff", "^truncated or damaged: no complete header$"),
    ],
)
def test_what_is_no_picture_says_so(content: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        decode_bytes(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000"])
def test_half_a_file_is_refused(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    content = encoded(noise, kind)
    with pytest.raises(ImageError, match=r"^(truncated|damaged)"):
        decode_bytes(content[: len(content) // 2])


def test_a_decompression_bomb_is_refused_before_it_unfolds() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    with pytest.raises(ImageError, match=r"^too large: more than 178,956,970 pixels$"):
        decode_bytes(bomb)


def test_pillows_warnings_stay_inside_in_every_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40 * 24 - 1)  # one pixel too many: Pillow warns, and does not refuse
    content = encoded(photograph(), "PNG")
    with warnings.catch_warnings(record=True) as leaked:
        warnings.simplefilter("always")
        with ThreadPoolExecutor(4) as pool:
            shapes = {pixels.shape for pixels in pool.map(decode_bytes, [content] * 40)}
        warnings.warn("still heard", UserWarning, stacklevel=1)
    assert shapes == {(24, 40, 3)}
    assert [str(warning.message) for warning in leaked] == ["still heard"]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM"]), st.data())
def test_mangled_pictures_give_pixels_or_a_reason(kind: str, data: st.DataObject) -> None:
    content = bytearray(encoded(photograph(), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        pixels = decode_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    except ImageError:
        return
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3


def test_the_stored_size_is_that_of_the_header_before_turning() -> None:
    assert stored_size(encoded(photograph(), "JPEG", exif=with_orientation(6))) == (40, 24)
    assert stored_size(b"") is None
    assert stored_size(b"no picture") is None


def test_all_odd_images_are_decoded(shared_data: Path) -> None:
    files = sorted(path for path in (shared_data / "odd-images").rglob("*") if path.is_file())
    assert len(files) == 45
    for path in files:
        pixels = decode_bytes(path.read_bytes())
        with Image.open(path) as image:
            assert pixels.shape == (image.height, image.width, 3), path
