"""Reads a page the way a browser does before a form is sent."""

from html.parser import HTMLParser

import httpx


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        name = found.get("name", "")
        if tag == "input" and name:
            ticked = found.get("type") not in {"radio", "checkbox"} or "checked" in found
            if ticked:
                self.fields[name] = found.get("value", "")
        self._textarea = name if tag == "textarea" else ""
        if self._textarea:
            self.fields[name] = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data.lstrip("\n")

    def handle_endtag(self, tag: str) -> None:
        self._textarea = ""


def filled_in(page: httpx.Response) -> dict[str, str]:
    """What the forms of a page hold as it comes, hidden fields included."""
    reader = _Fields()
    reader.feed(page.text)
    return reader.fields
