"""What the portal needs from the operating system. Standard library only, for ./run asks it early."""

import ctypes
import sys
from pathlib import Path
from typing import NamedTuple


class SystemLibrary(NamedTuple):
    name: str
    file: str
    package: str  # Debian's
    why: str


LIBRARIES = (
    SystemLibrary("Pango", "libpango-1.0.so.0", "libpango-1.0-0", "PDFs cannot be made"),
    SystemLibrary("PangoFT2", "libpangoft2-1.0.so.0", "libpangoft2-1.0-0", "PDFs cannot be made"),
    SystemLibrary("Fontconfig", "libfontconfig.so.1", "fontconfig", "PDFs cannot be made"),
    SystemLibrary(
        "HarfBuzz subset", "libharfbuzz-subset.so.0", "libharfbuzz-subset0", "PDFs take twenty times longer"
    ),
    SystemLibrary(
        "FriBidi", "libfribidi.so.0", "libfribidi0", "Arabic and Hebrew names are drawn wrong on banners"
    ),
)
FONT_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".fonts",
    Path.home() / ".local/share/fonts",
)
FONT_PACKAGE = "fonts-dejavu-core"


def is_present(library: SystemLibrary) -> bool:
    try:
        ctypes.CDLL(library.file)
    except OSError:
        return False
    return True


def has_fonts() -> bool:
    files = (path for folder in FONT_FOLDERS for path in folder.rglob("*"))
    return any(path.suffix.lower() in {".ttf", ".otf", ".ttc"} for path in files)


def missing_packages() -> tuple[str, ...]:
    """In Debian's names. Where libraries have other file names, WeasyPrint itself says what it misses."""
    if sys.platform != "linux":
        return ()
    missing = dict.fromkeys(library.package for library in LIBRARIES if not is_present(library))
    return (*missing, *(() if has_fonts() else (FONT_PACKAGE,)))
