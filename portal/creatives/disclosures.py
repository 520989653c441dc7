"""What readers have to be told, by channel and country, and where. Help, and no legal advice."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from assets_gen.languages import language as language_of
from portal.creatives.spoken import HERE, spoken

ANYWHERE, FIRST_CHANNEL = "general", "blog"


@dataclass(frozen=True, slots=True)
class Channel:
    key: str
    label: str
    where: str


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Country:
    """`word` is the one that its rules name; `also` adds to what holds for a channel everywhere."""

    key: str
    label: str
    asks: str
    word: str
    speaks: tuple[str, ...]
    sources: tuple[Source, ...]
    also: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A sentence to copy, where it stands and who asks for it."""

    text: str
    language: str
    channel: Channel
    country: Country

    @property
    def from_right(self) -> bool:
        return language_of(self.language).from_right

    @property
    def also(self) -> str:
        return self.country.also.get(self.channel.key, "")


@cache
def channels() -> Mapping[str, Channel]:
    return {key: Channel(key, said["name"], said["where"]) for key, said in _data()["channel"].items()}


@cache
def countries() -> Mapping[str, Country]:
    """The general one first."""
    return {
        key: Country(
            key=key,
            label=said["name"],
            asks=said["asks"],
            word=said.get("label", ""),
            speaks=tuple(said.get("speaks", ())),
            sources=tuple(Source(**source) for source in said.get("sources", ())),
            also=said.get("also", {}),
        )
        for key, said in _data()["country"].items()
    }


def disclosure(channel: str, country: str, language: str) -> Disclosure:
    """Unknown channels and countries give way to the first ones."""
    known, place = channels(), countries()
    of, here = known.get(channel, known[FIRST_CHANNEL]), place.get(country, place[ANYWHERE])
    text = spoken(language).disclosures[of.key].format(label=_label(here, language))
    return Disclosure(text, language, of, here)


def _label(country: Country, language: str) -> str:
    said = spoken(language)
    if not country.word:
        return said.label
    if language in country.speaks:
        return country.word
    return said.label_beside.format(theirs=country.word, ours=said.label)


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((HERE / "countries.toml").read_text("utf-8"))
