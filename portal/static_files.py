"""Style, script, icons and fonts, from memory under addresses that carry their content's hash."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from litestar import Response, Router, get
from litestar.params import FromPath

from portal.errors import NotFound
from portal.templating import ROOT
from portal.web import Asking

FOLDER = ROOT / "static"
KINDS = frozenset({".css", ".js", ".svg", ".woff2", ".png", ".ico", ".webmanifest"})
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class StaticFile:
    content: bytes
    gzipped: bytes | None
    kind: str
    digest: str


class StaticFiles:
    """Reads the folder once, when the app is made. Style sheets name neighbours by relative addresses."""

    def __init__(self, folder: Path = FOLDER) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.suffix in KINDS)
        self._files = {path.relative_to(folder).as_posix(): _read(path) for path in paths}
        # One hash for all: a sheet's relative addresses then carry it too, and change when any file does.
        joined = "".join(file.digest for file in self._files.values())
        self.version = hashlib.sha256(joined.encode()).hexdigest()[:12]

    def address(self, name: str) -> str:
        if name not in self._files:
            raise LookupError(f"static/{name} does not exist")
        return f"/static/{self.version}/{name}"

    def find(self, name: str) -> StaticFile:
        """Raises NotFound."""
        found = self._files.get(name)
        if found is None:
            raise NotFound
        return found


def static_router(files: StaticFiles) -> Router:
    @get("/{version:str}/{name:path}", sync_to_thread=False)
    def static_file(request: Asking, version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        file = files.find(name.lstrip("/"))
        headers = {
            "Cache-Control": FOR_EVER if version == files.version else "public, max-age=300",
            "Vary": "Accept-Encoding",
        }
        content = file.content
        if file.gzipped is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            content, headers["Content-Encoding"] = file.gzipped, "gzip"
        return Response(content, media_type=file.kind, headers=headers)

    @get("/favicon.ico", sync_to_thread=False)
    def favicon() -> Response[bytes]:
        file = files.find("favicon.svg")
        return Response(
            file.content, media_type=file.kind, headers={"Cache-Control": "public, max-age=86400"}
        )

    return Router(
        "/", route_handlers=[Router("/static", route_handlers=[static_file]), favicon], opt={"nobody": True}
    )


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_text = path.suffix in {".css", ".js", ".svg", ".webmanifest"}
    return StaticFile(
        content=content,
        gzipped=gzip.compress(content, 6, mtime=0) if is_text else None,
        kind=kind,
        digest=hashlib.sha256(content).hexdigest(),
    )
