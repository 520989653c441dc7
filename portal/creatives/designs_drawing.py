"""What a render process does for managers' designs."""

from dataclasses import replace

import msgspec
from PIL import Image

from assets_gen import Size
from assets_gen.encode import Format, encoded
from assets_gen.intake import clean_picture
from assets_gen.kits import kits
from assets_gen.slots import composed, render_finished
from assets_gen.slots_lint import report_on
from portal.creatives.jobs import CheckFinished, CleanPicture, Done, DrawFinished, DrawSample, SlotsJob

JSON = "application/json"


def done_with_slots(job: SlotsJob) -> Done:
    if isinstance(job, CleanPicture):
        clean = clean_picture(job.data)
        return Done(clean.data, clean.media_type, pixels=(clean.width, clean.height))
    if isinstance(job, DrawFinished):
        banner = render_finished(job.finished, Size.parse(job.size), job.affiliate, job.offer, job.form)
        return Done(banner.data, banner.media_type)
    if isinstance(job, CheckFinished):
        report = report_on(job.finished, Size.parse(job.size), job.link)
        return Done(msgspec.json.encode(report), JSON)
    return _sample(job)


def _sample(job: DrawSample) -> Done:
    every = list(kits().values())
    brand, offer = every[job.kit % len(every)]
    picture, _ = composed(job.finished, Size.parse(job.size), brand, replace(offer, link=job.link))
    if picture.width > job.widest:
        height = max(1, round(picture.height * job.widest / picture.width))
        picture = picture.resize((job.widest, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return Done(encoded(picture, Format.WEBP), Format.WEBP.media_type)
