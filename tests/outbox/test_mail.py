"""Letters leave through a real mail server, once; while it is away they wait."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from litestar import Litestar

from portal.outbox.actions import post
from portal.outbox.tables import Letter
from portal.settings import Settings
from portal.worker import Worker
from tests.cast import Cast
from tests.conftest import FrozenClock, Stage
from tests.letters import text_of
from tests.postgres import free_port

SENDER = "partners@kartra.example"


@dataclass
class PostOffice:
    """Takes every letter, or refuses while `closed`."""

    port: int
    closed: bool = False
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.closed:
            return "451 come back later"
        message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.taken += [(to, message) for to in envelope.rcpt_tos]
        return "250 taken"


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    office = PostOffice(free_port())
    controller = Controller(office, hostname="127.0.0.1", port=office.port)
    controller.start()
    yield office
    controller.stop()


@pytest.fixture
def worker(app: Litestar, stage: Stage, clock: FrozenClock, post_office: PostOffice) -> Worker:
    return worker_of(app, stage.settings, clock, post_office.port)


def worker_of(app: Litestar, settings: Settings, clock: FrozenClock, port: int) -> Worker:
    sending = replace(settings, smtp_url=f"smtp://127.0.0.1:{port}?from={SENDER}")
    return Worker(sending, app.state.templates, app.state.houses, clock)


async def test_a_letter_arrives_once_with_both_parts(
    worker: Worker, post_office: PostOffice, cast: Cast, clock: FrozenClock
) -> None:
    await everything_is_sent(worker)
    before = len(post_office.taken)
    await write_to(cast, clock)
    await everything_is_sent(worker)
    ((to, letter),) = post_office.taken[before:]
    assert to == cast.dora.email
    assert letter["From"] == SENDER
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "/apply/status/" in text_of(letter)
    html = letter.get_body(("html",))
    assert html is not None
    assert "/apply/status/" in html.get_content()


async def test_while_the_server_is_closed_letters_wait_and_then_arrive_once(
    worker: Worker, post_office: PostOffice, cast: Cast, clock: FrozenClock
) -> None:
    await everything_is_sent(worker)
    before = len(post_office.taken)
    post_office.closed = True
    await write_to(cast, clock)
    await worker.send_due()
    assert len(post_office.taken) == before
    post_office.closed = False
    assert await worker.send_due() == 0, "it is tried again later, not at once"
    clock.forward(minutes=2)
    await everything_is_sent(worker)
    clock.forward(hours=12)
    await everything_is_sent(worker)
    assert [to for to, _ in post_office.taken[before:]] == [cast.dora.email]


async def test_a_server_that_is_not_there_loses_nothing(
    app: Litestar, stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    worker = worker_of(app, stage.settings, clock, free_port())
    await worker.send_due()
    waiting = await Letter.select(Letter.attempts, Letter.last_problem, Letter.sent_at)
    assert waiting
    assert {(row["attempts"], row["sent_at"]) for row in waiting} == {(1, None)}
    assert all(row["last_problem"] for row in waiting)


async def write_to(cast: Cast, clock: FrozenClock) -> None:
    await post(
        "application_received",
        program=cast.program,
        to=cast.dora.email,
        at=clock(),
        name=cast.dora.name,
        application=str(cast.dora.application),
        answer_days=2,
    )


async def everything_is_sent(worker: Worker) -> None:
    while await worker.send_due():
        pass
