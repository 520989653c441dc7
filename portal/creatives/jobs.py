"""What the render processes are asked and what they answer, as bytes on a pipe.

MessagePack with types, not pickle: the other side opens files that strangers send.
"""

import msgspec

from assets_gen import Brand, Offer
from assets_gen.slots import Finished


class DrawBanner(msgspec.Struct, frozen=True, tag=True):
    """`words` are the program's own, in the offer's language."""

    design: str
    size: str
    form: str
    affiliate: Brand
    program: Brand
    offer: Offer
    words: dict[str, str] = {}


class DrawSheet(msgspec.Struct, frozen=True, tag=True):
    design: str
    paper: str
    form: str  # pdf, or that of a picture of its first page
    affiliate: Brand
    program: Brand
    offer: Offer
    words: dict[str, str] = {}


class CleanUpload(msgspec.Struct, frozen=True, tag=True):
    """An uploaded logo or photo, as it came."""

    data: bytes
    is_photo: bool = False


class LogoOn(msgspec.Struct, frozen=True, tag=True):
    """The brand's logo as it looks on a ground of that colour."""

    brand: Brand
    ground: tuple[int, int, int]


class CleanPicture(msgspec.Struct, frozen=True, tag=True):
    """An uploaded finished picture, as it came."""

    data: bytes


class DrawFinished(msgspec.Struct, frozen=True, tag=True):
    finished: Finished
    size: str
    form: str
    affiliate: Brand
    offer: Offer


class DrawSample(msgspec.Struct, frozen=True, tag=True):
    """With the sample affiliate of that number, at most `widest` pixels wide."""

    finished: Finished
    size: str
    kit: int
    link: str
    widest: int


class CheckFinished(msgspec.Struct, frozen=True, tag=True):
    """Over all sample affiliates; the answer's data is the JSON of a slots_lint.Report."""

    finished: Finished
    size: str
    link: str


class CheckWords(msgspec.Struct, frozen=True, tag=True):
    """Own words over all sample affiliates; the answer's data is JSON of assets_gen.wording.Finding."""

    design: str
    language: str
    words: dict[str, str]
    shape: str
    program: Brand


class DrawWords(msgspec.Struct, frozen=True, tag=True):
    """With the sample affiliate of that number, at most `widest` pixels wide."""

    design: str
    language: str
    words: dict[str, str]
    shape: str
    kit: int
    program: Brand
    link: str
    widest: int


class WarmUp(msgspec.Struct, frozen=True, tag=True):
    """Loads what the first picture would have to wait for."""


class Done(msgspec.Struct, frozen=True, tag=True):
    data: bytes
    media_type: str
    colours: tuple[str, ...] = ()
    pixels: tuple[int, int] = (0, 0)  # of a cleaned picture


class Declined(msgspec.Struct, frozen=True, tag=True):
    """Cannot be drawn or opened; the sentence is for the person who asked."""

    sentence: str


SlotsJob = CleanPicture | DrawFinished | DrawSample | CheckFinished
WordsJob = CheckWords | DrawWords
Job = DrawBanner | DrawSheet | CleanUpload | LogoOn | SlotsJob | WordsJob | WarmUp
Answer = Done | Declined

encoder = msgspec.msgpack.Encoder()
job_decoder: msgspec.msgpack.Decoder[Job] = msgspec.msgpack.Decoder(Job)
answer_decoder: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)

LENGTH = 4
MOST = 64_000_000
