"""Texts with placeholders become plain text, HTML or Markdown; programs/texts.py says what they hold."""

import re
from collections.abc import Callable, Mapping
from html import escape

from portal.programs.texts import LINKED, PASSAGE, PLACEHOLDER

_TOKEN = re.compile(f"{LINKED.pattern}|{PLACEHOLDER.pattern}")
_MEANS_MORE = re.compile(r"([\\`*_\[\]<>])")
_BULLET = "- "


def pruned(pattern: str, values: Mapping[str, str]) -> str:
    """Without the passages that have nothing to say, and without the gaps they leave."""

    def passage(match: re.Match[str]) -> str:
        return match[1] if all(values[name] for name in PLACEHOLDER.findall(match[1])) else ""

    before = [line.strip() for line in pattern.strip().splitlines()]
    after = [" ".join(PASSAGE.sub(passage, line).split()) for line in before]
    kept = [new for old, new in zip(before, after, strict=True) if new or not old]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


class Filled:
    """A text with its values, in each form. Values are said as they are: nothing in them counts as a sign."""

    def __init__(self, pattern: str, values: Mapping[str, str], linked: str = "{words}: {link}") -> None:
        self._pattern, self._values, self._linked = pruned(pattern, values), values, linked

    @property
    def text(self) -> str:
        link = self._values["link"]
        return self._said(
            self._pattern,
            str,
            link,
            lambda words: self._linked.replace("{words}", words).replace("{link}", link),
        )

    @property
    def markdown(self) -> str:
        link = self._values["link"]
        return self._said(self._pattern, _quoted, f"<{link}>", lambda words: f"[{words}]({link})")

    @property
    def blocks(self) -> list[str]:
        """As HTML: paragraphs and lists."""
        return [self._block(block.splitlines()) for block in self._pattern.split("\n\n")]

    def _block(self, lines: list[str]) -> str:
        link = escape(self._values["link"])

        def linked(words: str) -> str:
            return f'<a href="{link}" rel="sponsored">{words}</a>'

        said = [self._said(line, escape, linked(link), linked) for line in lines]
        if all(line.startswith(_BULLET) for line in lines):
            points = "".join(f"\n  <li>{line.removeprefix(_BULLET)}</li>" for line in said)
            return f"<ul>{points}\n</ul>"
        return "<p>" + "<br>\n".join(said) + "</p>"

    def _said(
        self, pattern: str, quoted: Callable[[str], str], link: str, linked: Callable[[str], str]
    ) -> str:
        def value(name: str) -> str:
            return link if name == "link" else quoted(self._values[name])

        def token(match: re.Match[str]) -> str:
            words, name = match.groups()
            return value(name) if words is None else linked(PLACEHOLDER.sub(lambda one: value(one[1]), words))

        return _TOKEN.sub(token, pattern)


def _quoted(word: str) -> str:
    return _MEANS_MORE.sub(r"\\\1", word)
