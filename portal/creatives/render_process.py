"""`python -m portal.creatives.render_process`: draws what comes in on stdin, one job at a time.

Low priority, bounded memory, no core dumps; it ends when its pipe closes. An uploaded file that does harm
does it here, without a database, and the parent ends the process when a job takes too long.
"""

import os
import resource
import sys
from typing import BinaryIO

from assets_gen import AssetError, Brand, Design, Format, Offer, Size, render_banner, render_sheet
from assets_gen.intake import clean_logo, clean_photo
from assets_gen.relight import shown_on
from portal.creatives.designs_drawing import done_with_slots
from portal.creatives.jobs import (
    LENGTH,
    Answer,
    CleanUpload,
    Declined,
    Done,
    DrawBanner,
    DrawSheet,
    Job,
    LogoOn,
    WarmUp,
    WordsJob,
    encoder,
    job_decoder,
)
from portal.creatives.wording_drawing import done_with_words

MEMORY = 1_500_000_000
LOGO_HEIGHT = 168  # twice what a page shows


def main() -> None:
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    jobs, answers = sys.stdin.buffer, sys.stdout.buffer
    while (job := _read(jobs)) is not None:
        answer = encoder.encode(answer_to(job))
        answers.write(len(answer).to_bytes(LENGTH, "big") + answer)
        answers.flush()


def _read(jobs: BinaryIO) -> Job | None:
    head = jobs.read(LENGTH)
    return job_decoder.decode(jobs.read(int.from_bytes(head, "big"))) if len(head) == LENGTH else None


def answer_to(job: Job) -> Answer:
    try:
        return _done(job)
    except AssetError as refused:
        return Declined(str(refused))
    except MemoryError:
        return Declined("This picture needs more memory than there is for one. Send a smaller one.")


def _done(job: Job) -> Done:
    if isinstance(job, CleanUpload):
        if job.is_photo:
            photo = clean_photo(job.data)
            return Done(photo.data, photo.media_type)
        logo = clean_logo(job.data)
        return Done(logo.data, logo.media_type, logo.colours)
    if isinstance(job, DrawSheet):
        sheet = render_sheet(_speaking(job), job.paper, job.affiliate, job.program, job.offer, job.form)
        return Done(sheet, "application/pdf" if job.form == "pdf" else Format(job.form).media_type)
    if isinstance(job, DrawBanner):
        size = Size.parse(job.size)
        banner = render_banner(_speaking(job), size, job.affiliate, job.program, job.offer, job.form)
        return Done(banner.data, banner.media_type)
    if isinstance(job, LogoOn):
        return Done(shown_on(job.brand, job.ground, LOGO_HEIGHT), "image/png")
    if isinstance(job, WordsJob):
        return done_with_words(job)
    return _warmed_up() if isinstance(job, WarmUp) else done_with_slots(job)


def _speaking(job: DrawBanner | DrawSheet) -> Design:
    return Design.load(job.design).saying(job.offer.language, job.words)


def _warmed_up() -> Done:
    """One of everything, so that faces, masks and WeasyPrint are there when somebody waits."""
    for design in map(Design.load, ("spotlight",)):
        for size in design.sizes[:3]:
            render_banner(
                design, size, Brand("Warm"), Brand("Warm", mark="leaves"), Offer(link="warm", code="W")
            )
        for paper in design.papers[:1]:
            render_sheet(design, paper, Brand("Warm"), Brand("Warm"), Offer())
    return Done(b"", "")


if __name__ == "__main__":
    main()
