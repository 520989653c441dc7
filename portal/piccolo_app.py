"""The one Piccolo app: all tables, in the order in which they can be made."""

from pathlib import Path
from typing import Any

from portal.accounts import tables as accounts
from portal.audit import tables as audit
from portal.creatives import tables as creatives
from portal.earnings import tables as earnings
from portal.enrollments import tables as enrollments
from portal.home import tables as home
from portal.insights import tables as insights
from portal.outbox import tables as outbox
from portal.payouts import tables as payouts
from portal.programs import tables as programs
from portal.referrals import tables as referrals
from portal.support import tables as support

FEATURES = (
    audit,
    outbox,
    accounts,
    programs,
    enrollments,
    referrals,
    earnings,
    payouts,
    creatives,
    insights,
    support,
    home,
)

TABLES = (
    audit.AuditEntry,
    outbox.Letter,
    accounts.Affiliate,
    accounts.Person,
    accounts.Membership,
    accounts.Manager,
    accounts.Invitation,
    accounts.Session,
    accounts.LetterToken,
    accounts.Passkey,
    accounts.Challenge,
    accounts.LetterChoice,
    programs.Program,
    programs.Terms,
    programs.ApplicationForm,
    enrollments.Application,
    enrollments.ApplicationDecision,
    enrollments.ApplicationQuestion,
    enrollments.ApplicationNote,
    enrollments.Draft,
    enrollments.Enrollment,
    enrollments.TermsAcceptance,
    enrollments.EnrollmentChange,
    enrollments.Link,
    enrollments.DiscountCode,
    referrals.Click,
    referrals.Customer,
    earnings.BillingEvent,
    earnings.ApiKey,
    earnings.Subscription,
    earnings.SubscriptionFact,
    earnings.Ruling,
    earnings.Transaction,
    earnings.PaymentName,
    earnings.Decision,
    earnings.Commission,
    earnings.DisputedTime,
    earnings.TierStep,
    earnings.FallTold,
    earnings.PayingSpan,
    earnings.Payout,
    earnings.PayoutLine,
    earnings.Entry,
    earnings.DaySum,
    earnings.Renewal,
    earnings.DryRun,
    earnings.DryRunRow,
    payouts.PayoutRun,
    payouts.Exclusion,
    creatives.BrandKit,
    creatives.KitReview,
    creatives.CreativeHit,
    creatives.ManagedDesign,
    creatives.DesignPicture,
    creatives.DesignRevision,
    creatives.WordingDraft,
    creatives.WordingRevision,
    insights.PageVisits,
    support.Claim,
    home.FirstWeek,
)

APP_NAME = "portal"


def __getattr__(name: str) -> Any:
    """`APP_CONFIG`, for Piccolo's own command line only: it brings a code formatter, a slow start."""
    if name != "APP_CONFIG":
        raise AttributeError(name)
    from piccolo.conf.apps import AppConfig

    folder = Path(__file__).parent / "migrations"
    return AppConfig(app_name=APP_NAME, migrations_folder_path=folder, table_classes=list(TABLES))
