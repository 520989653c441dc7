"""All creatives of an affiliate, or some, as one ZIP, drawn in quiet moments."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from assets_gen import Design, Size
from portal.creatives.actions import Picture, Studio
from portal.creatives.bundle_words import for_windows, readme
from portal.creatives.kits import Holder
from portal.creatives.rules import Kind, kind_of
from portal.creatives.zipping import zipped
from portal.errors import Busy, NotFound
from portal.programs.rules import ProgramTerms

AT_ONCE = 3  # ZIPs that one server process draws
REMEMBERED = 200
TRIES = 40
FORMS = ("png", "jpg", "webp")


@dataclass(frozen=True)
class Choice:
    """What somebody ticked. A group without a tick means all of it."""

    designs: frozenset[str] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    form: str = ""  # empty: the one that suits each design
    sharp: bool = False  # also at twice the pixels

    @classmethod
    def of(cls, designs: Iterable[str], kinds: Iterable[str], form: str, sharp: str) -> "Choice":
        """Unknown words do no harm."""
        known = {kind.value for kind in Kind}
        return cls(
            frozenset(designs),
            frozenset(Kind(kind) for kind in kinds if kind in known),
            form if form in FORMS else "",
            sharp == "yes",
        )

    def files(self, shelf: Sequence[Design]) -> tuple[tuple[Design, str], ...]:
        """(design, file name), as they stand in the ZIP."""
        chosen = [design for design in shelf if not self.designs or design.name in self.designs]
        return tuple((design, file) for design in chosen for file in self._files_of(design))

    @property
    def has_words(self) -> bool:
        """They belong to no design, so whoever ticks designs alone wants pictures."""
        return Kind.WORDS in self.kinds or not (self.kinds or self.designs)

    def _files_of(self, design: Design) -> Iterable[str]:
        form = self.form or design.form
        for size in design.sizes:
            if self._wants(str(size)):
                yield f"{size}.{form}"
                if self.sharp:
                    yield f"{Size(size.width, size.height, 2)}.{form}"
        if not self.kinds or Kind.PAPER in self.kinds:
            yield from (f"{paper}.pdf" for paper in design.papers)

    def _wants(self, size: str) -> bool:
        return not self.kinds or kind_of(size) in self.kinds


@dataclass
class Progress:
    """How far a ZIP is. `left_out` could not be drawn."""

    of: int
    done: int = 0
    state: str = "drawing"  # then "done", or "stopped" where its reader went away
    left_out: list[str] = field(default_factory=list)

    @property
    def percent(self) -> int:
        return 100 * self.done // self.of if self.of else 100


class Bundles:
    """The ZIPs that are being drawn here, and how the last ones ended."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._known: OrderedDict[tuple[UUID, str], Progress] = OrderedDict()
        self._drawing = 0

    def progress(self, affiliate: UUID, job: str) -> Progress | None:
        return self._known.get((affiliate, job))

    def begun(
        self,
        who: Holder,
        terms: ProgramTerms,
        base: str,
        job: str,
        pictures: Sequence[Picture],
        texts: Sequence[tuple[str, str]],
        now: datetime,
    ) -> AsyncIterator[bytes]:
        """`texts` are (name, content). Raises Busy while enough others are being drawn."""
        if self._drawing >= AT_ONCE:
            raise Busy(
                "Several downloads are being put together right now. Try again in a minute.", retry_after=30
            )
        progress = Progress(len(pictures))
        if job:
            self._known[who.affiliate_id, job] = progress
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        folder = f"{terms.slug}-{who.slug}"
        return self._watched(
            zipped(self._files(folder, pictures, texts, progress, who, terms, base, now), now), progress
        )

    async def _watched(self, parts: AsyncIterator[bytes], progress: Progress) -> AsyncIterator[bytes]:
        self._drawing += 1
        try:
            async for part in parts:
                yield part
            progress.state = "done"
        finally:
            self._drawing -= 1
            if progress.state != "done":
                progress.state = "stopped"

    async def _files(
        self,
        folder: str,
        pictures: Sequence[Picture],
        texts: Sequence[tuple[str, str]],
        progress: Progress,
        who: Holder,
        terms: ProgramTerms,
        base: str,
        now: datetime,
    ) -> AsyncIterator[tuple[str, bytes]]:
        for picture in pictures:
            name = f"{picture.design.name}/{picture.wanted.file}"
            drawn = await self._drawn(picture)
            if drawn is None:
                progress.left_out.append(name)
            else:
                yield f"{folder}/{name}", drawn
            progress.done += 1
        for name, text in texts:
            yield f"{folder}/words/{name}", for_windows(text)
        words = readme(who, terms, base, pictures, progress.left_out, now)
        yield f"{folder}/README.txt", for_windows(words)

    async def _drawn(self, picture: Picture) -> bytes | None:
        """One at a time and after those whom a page keeps waiting; None for what cannot be drawn."""
        for _ in range(TRIES):
            await self._studio.quiet()
            try:
                return await self._studio.rendered(picture)
            except NotFound:
                return None
            except Busy as busy:
                await asyncio.sleep(min(busy.retry_after, 2))
        return None
