"""Pictures that nobody trusts: measured by their headers before a pixel of them is unfolded."""

import warnings
from io import BytesIO

from PIL import Image, ImageFile

MAX_PIXELS = 25_000_000
"""A picture of few bytes may unfold to gigabytes in the browser of whoever looks at it."""
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}
"""What a page may show as it is."""
READ = ["PNG", "JPEG", "GIF", "WEBP", "BMP"]
"""What is drawn anew, so that a page may show it."""
MAX_SIDE = 1400
MAX_DRAWN = 500_000
"""Bytes of a picture that was drawn anew; a larger one is drawn as a JPEG."""
NOT_PICTURES = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError)
"""What Pillow raises on what is no picture; UnidentifiedImageError is an OSError."""


def is_shown(data: bytes, mime: str) -> bool:
    """Whether it is a picture of that type, of `MAX_PIXELS` at most in all its frames together."""
    picture = _opened(data, [FORMATS[mime]])
    return picture is not None and 0 < _pixels(picture) <= MAX_PIXELS


def redrawn(data: bytes) -> tuple[str, bytes] | None:
    """Media type and bytes of the same picture, no larger than a page needs; None if it is none.

    Of several frames the first is drawn.
    """
    picture = _opened(data, READ)
    if picture is None or not 0 < picture.width * picture.height <= MAX_PIXELS:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            drawn = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        except NOT_PICTURES:
            return None
    drawn.thumbnail((MAX_SIDE, MAX_SIDE))
    png = _saved(drawn, "PNG")
    if len(png) <= MAX_DRAWN:
        return "image/png", png
    return "image/jpeg", _saved(_on_white(drawn), "JPEG")


def _saved(picture: Image.Image, kind: str) -> bytes:
    file = BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    """JPEG knows no transparency."""
    if picture.mode != "RGBA":
        return picture
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _opened(data: bytes, formats: list[str]) -> ImageFile.ImageFile | None:
    """The picture with its header read and no more; None if it is none of these formats."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own, of a large picture or a damaged header
        try:
            return Image.open(BytesIO(data), formats=formats)
        except NOT_PICTURES:
            return None


def _pixels(picture: ImageFile.ImageFile) -> int:
    width, height = picture.size
    return width * height * int(getattr(picture, "n_frames", 1))
