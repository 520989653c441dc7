"""What a render process does for a program's own words in the built-in designs."""

from dataclasses import replace

import msgspec
from PIL import Image

from assets_gen import Design, Format, Size, render_sheet
from assets_gen.banner import compose
from assets_gen.encode import encoded
from assets_gen.kits import kits
from assets_gen.papers import PAPERS
from assets_gen.wording import findings_in, offers
from portal.creatives.jobs import CheckWords, Done, DrawWords, WordsJob

JSON = "application/json"
WEBP = Format.WEBP


def done_with_words(job: WordsJob) -> Done:
    design = Design.load(job.design).saying(job.language, job.words)
    if isinstance(job, CheckWords):
        return Done(msgspec.json.encode(findings_in(design, job.shape, job.language, job.program)), JSON)
    return _sample(job, design)


def _sample(job: DrawWords, design: Design) -> Done:
    samples, told = kits(), list(offers(job.language))
    kit, offer = told[job.kit % len(told)]
    offer = replace(offer, link=job.link)
    if job.shape in PAPERS:
        sheet = render_sheet(design, job.shape, samples[kit][0], job.program, offer, WEBP)
        return Done(sheet, WEBP.media_type)
    picture, _, _ = compose(design, Size.parse(job.shape), samples[kit][0], job.program, offer)
    if picture.width > job.widest:
        height = max(1, round(picture.height * job.widest / picture.width))
        picture = picture.resize((job.widest, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return Done(encoded(picture, WEBP), WEBP.media_type)
