"""A ZIP that is sent while its files are still being made: none of it but the file in hand is in memory."""

import io
from collections.abc import AsyncIterator
from datetime import datetime
from zipfile import ZipFile, ZipInfo

READABLE = 0o644 << 16


class _Window(io.BytesIO):
    """What was written and nobody took yet. A file's head is corrected there before it leaves."""

    _taken = 0

    def tell(self) -> int:
        return self._taken + super().tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._taken + super().seek(offset - self._taken if whence == io.SEEK_SET else offset, whence)

    def take(self) -> bytes:
        data = self.getvalue()
        self._taken += len(data)
        super().seek(0)
        self.truncate(0)
        return data


async def zipped(files: AsyncIterator[tuple[str, bytes]], now: datetime) -> AsyncIterator[bytes]:
    """Nothing is compressed: pictures and PDFs are packed already."""
    window = _Window()
    with ZipFile(window, "w") as archive:
        async for name, data in files:
            entry = ZipInfo(name, now.timetuple()[:6])
            entry.external_attr = READABLE
            archive.writestr(entry, data)
            yield window.take()
    yield window.take()
