"""Words to copy, and what to say openly beside them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from assets_gen.languages import language
from portal.clock import local_date
from portal.creatives.disclosures import ANYWHERE, Country, Disclosure, channels, countries, disclosure
from portal.creatives.filters import Chip
from portal.creatives.kits import Holder, holder
from portal.creatives.wording_kept import wording_of
from portal.creatives.words import Teller, Text, files_of, texts_of
from portal.enrollments.queries import Me
from portal.errors import NotFound
from portal.programs.queries import terms_at
from portal.programs.rules import ProgramTerms
from portal.web import Asking, Page, settings_of, show

FILES = {"txt": "text/plain", "md": "text/markdown", "html": "text/html"}


@dataclass(frozen=True)
class WordsPage:
    """creatives/words.html"""

    program: str
    texts: tuple[Text, ...]
    languages: tuple[Chip, ...]  # empty where there is one
    lang: str  # as an address says it
    language: str
    from_right: bool
    countries: tuple[Country, ...]
    country: Country
    told: tuple[Disclosure, ...]  # by channel
    query: str  # that keeps language and country
    has_code: bool
    code_waits: bool  # there is one, and the checkout does not take it


async def teller_of(me: Me, terms: ProgramTerms, base: str, lang: str, country: str, now: datetime) -> Teller:
    who, today = holder(me).speaking(lang, terms), local_date(now, terms.timezone)
    known = country if country in countries() else ANYWHERE
    wording = await wording_of(me.program_id, who.language)
    return Teller(who, terms, me.tier, me.code_works, base, known, today, wording)


def _query(who: Holder, country: str) -> str:
    said = {"lang": who.asked, "country": "" if country == ANYWHERE else country}
    query = urlencode({key: value for key, value in said.items() if value})
    return f"?{query}" if query else ""


@get("/creatives/words")
async def words(
    request: Asking,
    me: NamedDependency[Me],
    now: NamedDependency[datetime],
    lang: FromQuery[str] = "",
    country: FromQuery[str] = "",
) -> Page:
    terms = await terms_at(me.program_id, now)
    teller = await teller_of(me, terms, settings_of(request).base_url, lang, country, now)
    who = teller.who
    page = WordsPage(
        program=terms.name,
        texts=texts_of(teller),
        languages=tuple(
            (
                "/creatives/words" + _query(who.speaking(code, terms), teller.country),
                language(code).name,
                None,
                code == who.language,
            )
            for code in terms.languages
            if terms.languages[1:]
        ),
        lang=who.asked,
        language=who.language,
        from_right=language(who.language).from_right,
        countries=tuple(countries().values()),
        country=countries()[teller.country],
        told=tuple(disclosure(channel, teller.country, who.language) for channel in channels()),
        query=_query(who, teller.country),
        has_code=bool(who.code),
        code_waits=bool(who.code) and not me.code_works,
    )
    return show(request, "creatives/words.html", page=page, fragment="words")


@get("/creatives/words/{file:str}")
async def words_file(
    request: Asking,
    me: NamedDependency[Me],
    now: NamedDependency[datetime],
    file: FromPath[str],
    lang: FromQuery[str] = "",
    country: FromQuery[str] = "",
) -> Response[Any]:
    terms = await terms_at(me.program_id, now)
    teller = await teller_of(me, terms, settings_of(request).base_url, lang, country, now)
    content = dict(files_of(teller)).get(file)
    if content is None:
        raise NotFound
    named = "-".join(part for part in (terms.slug, me.slug, teller.who.asked, file) if part)
    headers = {"Content-Disposition": f'attachment; filename="{named}"', "Cache-Control": "no-store"}
    return Response(
        content.encode(), media_type=f"{FILES[file.rpartition('.')[2]]}; charset=utf-8", headers=headers
    )


WORDS_PAGES = (words, words_file)
