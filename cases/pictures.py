"""What a picture tells of itself: when it was taken, and a print that finds it again.

The print is the difference hash of 8 x 8 brightness steps: the same photo saved again, resized
or compressed differs in few bits. Values in, values out; nothing here reads the database.
"""

import warnings
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

# A photo of fifty megapixels is one of a good camera; beyond it stand bombs.
MOST_PIXELS = 60_000_000
_EXIF, _TAKEN, _OFFSET = 0x8769, 0x9003, 0x9011
_SIDE = 8
# Nearly one colour: such pictures are alike by nature, not by use.
_FLAT = 6
NEAR = 3  # of 64 bits: then one of the four bands of 16 bits is equal
BANDS = 4


@dataclass(frozen=True, slots=True)
class Facts:
    """`taken`: ISO moment of the camera, with its offset where it told one. `print`: signed 64
    bits; None for what is no picture or has no features."""

    taken: str = ""
    print: int | None = None


def facts_of(data: bytes) -> Facts:
    """Never raises: a broken picture tells nothing."""
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415  four megabytes few requests need

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data)) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    return Facts()
                taken = _taken(picture)
                picture.draft("L", (64, 64))
                return Facts(taken, _print(picture))
    except (
        *(UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning),
        *(OSError, ValueError, SyntaxError, TypeError, KeyError, EOFError, MemoryError),
    ):
        return Facts()


def _taken(picture: "Picture") -> str:
    tags = picture.getexif().get_ifd(_EXIF)
    try:
        moment = datetime.strptime(str(tags.get(_TAKEN, "")).strip("\x00 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  the camera tells no zone here
    except ValueError:
        return ""
    offset = str(tags.get(_OFFSET, "")).strip("\x00 ")
    said = f"{moment.isoformat()}{offset}"
    try:
        return datetime.fromisoformat(said).isoformat()
    except ValueError:
        return moment.isoformat()


def _print(picture: "Picture") -> int | None:
    from PIL.Image import Resampling  # noqa: PLC0415

    grey = picture.convert("L").resize((_SIDE + 1, _SIDE), Resampling.BILINEAR)
    levels = grey.tobytes()
    if max(levels) - min(levels) < _FLAT:
        return None
    bits = 0
    for row in range(_SIDE):
        for column in range(_SIDE):
            at = row * (_SIDE + 1) + column
            bits = bits << 1 | (levels[at] > levels[at + 1])
    return bits - (1 << 64) if bits >= 1 << 63 else bits


def bands_of(print_: int) -> list[int]:
    """The four runs of 16 bits by which alike prints are looked up."""
    bits = print_ & (1 << 64) - 1
    return [bits >> 16 * at & 0xFFFF for at in range(BANDS)]
