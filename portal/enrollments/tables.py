"""From an application to an enrollment with its link and code."""

from typing import Any

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from portal.accounts.tables import Affiliate, Manager
from portal.db import append_only
from portal.programs.tables import ApplicationForm, Program, Terms


class Application(Table, tablename="application"):
    id = UUID(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    affiliate = ForeignKey(Affiliate, null=False, on_delete=OnDelete.restrict)
    terms = ForeignKey(Terms, null=False, on_delete=OnDelete.restrict)
    state = Varchar(length=20, null=False)
    answers = Text(null=False)
    sent_at = Timestamptz(null=False, default=None)
    confirmed_at = Timestamptz(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = ForeignKey(Manager, null=True, default=None, on_delete=OnDelete.restrict)
    reason = Text(null=False, default="")
    again_from = Timestamptz(null=True, default=None)
    # Whose questions it answers; None for one that was sent before programs had any.
    form = ForeignKey(ApplicationForm, null=True, default=None, on_delete=OnDelete.restrict)
    source = Text(null=False, default="{}")  # JSON of rules.Source
    opened_at = Timestamptz(
        null=True, default=None
    )  # when a manager first looked; answers stand from then on
    seconds = Integer(null=True, default=None)  # from the first keystroke to sending
    # Since when a manager has had something to do here: confirmed, or a question answered.
    waits_since = Timestamptz(null=True, default=None)
    hints = Text(null=False, default="[]")  # JSON of hints.Hint, as found when it was confirmed
    looked_for = Text(null=False, default="")  # what the queue's search and filters read: see looking.py
    reminder = UUID(null=True, default=None)  # the letter of the day from which they may apply again
    emptied_at = Timestamptz(null=True, default=None)  # when the applicant deleted the answers


class ApplicationDecision(Table, tablename="application_decision"):
    """What a manager, or the portal's own rule, decided. It takes effect once its minute is over."""

    id = UUID(primary_key=True, default=None)
    application = ForeignKey(Application, null=False, on_delete=OnDelete.restrict)
    verdict = Varchar(length=20, null=False)
    manager = ForeignKey(Manager, null=True, default=None, on_delete=OnDelete.restrict)
    at = Timestamptz(null=False, default=None)
    tier = Varchar(length=40, null=False, default="")
    slug = Varchar(length=60, null=False, default="")
    code = Varchar(length=40, null=False, default="")
    twin_key = Varchar(length=40, null=False, default="")  # see wording.twin_key
    reason = Text(null=False, default="")  # of a decline; the question of an ask
    again_from = Timestamptz(null=True, default=None)
    letter = UUID(null=False, default=None)  # what waits in the outbox
    settled_at = Timestamptz(null=True, default=None)
    undone_at = Timestamptz(null=True, default=None)
    undone_because = Text(null=False, default="")


class ApplicationQuestion(Table, tablename="application_question"):
    """What a manager asked an applicant, and the answer."""

    id = UUID(primary_key=True, default=None)
    application = ForeignKey(Application, null=False, on_delete=OnDelete.restrict)
    manager = ForeignKey(Manager, null=True, default=None, on_delete=OnDelete.restrict)
    asked_at = Timestamptz(null=False, default=None)
    question = Text(null=False)
    answer = Text(null=False, default="")
    answered_at = Timestamptz(null=True, default=None)


class ApplicationNote(Table, tablename="application_note"):
    """Between managers. The applicant never sees it."""

    id = UUID(primary_key=True, default=None)
    application = ForeignKey(Application, null=False, on_delete=OnDelete.restrict)
    manager = ForeignKey(Manager, null=False, on_delete=OnDelete.restrict)
    at = Timestamptz(null=False, default=None)
    text = Text(null=False)
    removed_at = Timestamptz(null=True, default=None)


class Draft(Table, tablename="application_draft"):
    """An application that is being written. What was typed goes after 30 days, or once sent; times stay."""

    id = UUID(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    form = ForeignKey(ApplicationForm, null=True, default=None, on_delete=OnDelete.restrict)
    email = Varchar(length=320, null=False, default="")
    answers = Text(null=False, default="{}")  # JSON of forms.ApplicationDraft, unchecked
    source = Text(null=False, default="{}")  # JSON of rules.Source
    revision = Integer(null=False, default=0)  # counts the pages that wrote here, one after the other
    writer = UUID(null=False, default=None)  # the page that saved last
    started_at = Timestamptz(null=False, default=None)
    saved_at = Timestamptz(null=False, default=None)
    # When a letter with its link was asked for; who asks is reminded once.
    mailed_at = Timestamptz(null=True, default=None)
    reminded_at = Timestamptz(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    seconds = Integer(null=True, default=None)
    application = ForeignKey(Application, null=True, default=None, on_delete=OnDelete.restrict)
    emptied_at = Timestamptz(null=True, default=None)


class TermsAcceptance(Table, tablename="terms_acceptance"):
    """Who agreed to which version, when and how: with an application, or on a page later."""

    id = UUID(primary_key=True, default=None)
    affiliate = ForeignKey(Affiliate, null=False, on_delete=OnDelete.restrict)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    terms = ForeignKey(Terms, null=False, on_delete=OnDelete.restrict)
    at = Timestamptz(null=False, default=None)
    how = Varchar(length=20, null=False)


class Enrollment(Table, tablename="enrollment"):
    """State and tier here are today's; their history stands in EnrollmentChange."""

    id = UUID(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    affiliate = ForeignKey(Affiliate, null=False, on_delete=OnDelete.restrict)
    application = ForeignKey(Application, null=False, on_delete=OnDelete.restrict)
    tier = Varchar(length=40, null=False)
    state = Varchar(length=20, null=False)
    began_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)
    # Whose recommendation brought this affiliate: an enrollment of the same program.
    recruited_by: ForeignKey[Any] = ForeignKey("self", null=True, default=None, on_delete=OnDelete.restrict)
    # The newest version of the terms that a letter told of.
    terms_told = Integer(null=False, default=0)


class EnrollmentChange(Table, tablename="enrollment_change"):
    """What an enrollment was from a moment on. Sales are judged by it, so it is never edited."""

    id = UUID(primary_key=True, default=None)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    at = Timestamptz(null=False, default=None)
    state = Varchar(length=20, null=False)
    tier = Varchar(length=40, null=False)
    because = Text(null=False, default="")


class Link(Table, tablename="link"):
    id = UUID(primary_key=True, default=None)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    slug = Varchar(length=60, null=False)
    destination = Varchar(length=500, null=False)
    main = Boolean(null=False, default=False)
    created_at = Timestamptz(null=False, default=None)


class DiscountCode(Table, tablename="discount_code"):
    id = UUID(primary_key=True, default=None)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    code = Varchar(length=40, null=False)
    code_key = Varchar(length=40, null=False)
    twin_key = Varchar(length=40, null=False, default="")  # see wording.twin_key
    percent_bps = Integer(null=False)
    created_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)
    # Whether the vendor's checkout knows it: codes.CodeState.
    at_checkout = Varchar(length=20, null=False, default="made")
    stripe_id = Varchar(length=80, null=False, default="")  # of the promotion code there
    problem = Text(null=False, default="")  # what Stripe said when it refused
    tries = Integer(null=False, default=0)
    try_after = Timestamptz(null=True, default=None)


INDEXES: tuple[str, ...] = (
    # One person, one application at a time; unconfirmed and declined ones make room for the next.
    "CREATE UNIQUE INDEX IF NOT EXISTS application_open ON application (program, affiliate) "
    "WHERE state IN ('in_review', 'asked', 'approved')",
    "CREATE INDEX IF NOT EXISTS application_of ON application (affiliate, program, decided_at)",
    "CREATE INDEX IF NOT EXISTS application_queue ON application (program, state, sent_at)",
    "CREATE INDEX IF NOT EXISTS application_waiting ON application (program, state, waits_since, id)",
    # One open decision for each application, and nobody else gets the link and code that it keeps.
    "CREATE UNIQUE INDEX IF NOT EXISTS application_decision_open ON application_decision (application) "
    "WHERE settled_at IS NULL AND undone_at IS NULL",
    "CREATE UNIQUE INDEX IF NOT EXISTS application_decision_slug ON application_decision (slug) "
    "WHERE settled_at IS NULL AND undone_at IS NULL AND verdict = 'approve'",
    "CREATE UNIQUE INDEX IF NOT EXISTS application_decision_code ON application_decision (twin_key) "
    "WHERE settled_at IS NULL AND undone_at IS NULL AND verdict = 'approve'",
    "CREATE INDEX IF NOT EXISTS application_decision_of ON application_decision (application, at)",
    "CREATE INDEX IF NOT EXISTS application_question_of ON application_question (application, asked_at)",
    "CREATE INDEX IF NOT EXISTS application_note_of ON application_note (application, at)",
    "CREATE INDEX IF NOT EXISTS application_draft_program ON application_draft (program, started_at)",
    "CREATE INDEX IF NOT EXISTS application_draft_sent ON application_draft (program, sent_at)",
    "CREATE INDEX IF NOT EXISTS application_draft_begun ON application_draft (program, started_at, source)",
    "CREATE INDEX IF NOT EXISTS application_draft_way ON application_draft (program, started_at) "
    "WHERE sent_at IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS application_draft_kept ON application_draft (saved_at) "
    "WHERE emptied_at IS NULL",
    "CREATE INDEX IF NOT EXISTS application_draft_application ON application_draft (application) "
    "WHERE application IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS application_sent ON application (program, sent_at)",
    "CREATE INDEX IF NOT EXISTS application_decided ON application (program, decided_at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS terms_acceptance_once ON terms_acceptance (affiliate, terms)",
    "CREATE INDEX IF NOT EXISTS terms_acceptance_terms ON terms_acceptance (terms)",
    "CREATE INDEX IF NOT EXISTS enrollment_recruited ON enrollment (recruited_by)",
    "CREATE UNIQUE INDEX IF NOT EXISTS enrollment_application ON enrollment (application)",
    "CREATE UNIQUE INDEX IF NOT EXISTS enrollment_affiliate ON enrollment (program, affiliate)",
    "CREATE INDEX IF NOT EXISTS enrollment_began ON enrollment (program, began_at)",
    "CREATE INDEX IF NOT EXISTS enrollment_by_affiliate ON enrollment (affiliate)",
    "CREATE INDEX IF NOT EXISTS enrollment_change_at ON enrollment_change (enrollment, at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS link_slug ON link (slug)",
    "CREATE UNIQUE INDEX IF NOT EXISTS link_main ON link (enrollment) WHERE main",
    "CREATE INDEX IF NOT EXISTS link_enrollment ON link (enrollment)",
    "CREATE UNIQUE INDEX IF NOT EXISTS discount_code_key ON discount_code (code_key)",
    "CREATE INDEX IF NOT EXISTS discount_code_twin ON discount_code (twin_key)",
    "CREATE INDEX IF NOT EXISTS discount_code_enrollment ON discount_code (enrollment)",
    "CREATE INDEX IF NOT EXISTS discount_code_unmade ON discount_code (at_checkout) "
    "WHERE at_checkout <> 'made'",
)
TRIGGERS = append_only("enrollment_change", "terms_acceptance")
