"""The one Piccolo app: all tables, in the order in which they can be made."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from portal.accounts import tables as accounts
from portal.audit import tables as audit
from portal.creatives import tables as creatives
from portal.earnings import tables as earnings
from portal.enrollments import tables as enrollments
from portal.outbox import tables as outbox
from portal.payouts import tables as payouts
from portal.programs import tables as programs
from portal.referrals import tables as referrals

FEATURES = (audit, outbox, accounts, programs, enrollments, referrals, earnings, payouts, creatives)

TABLES = (
    audit.AuditEntry,
    outbox.Letter,
    accounts.Affiliate,
    accounts.Manager,
    accounts.Session,
    accounts.LetterToken,
    programs.Program,
    programs.Terms,
    enrollments.Application,
    enrollments.Enrollment,
    enrollments.EnrollmentChange,
    enrollments.Link,
    enrollments.DiscountCode,
    referrals.Click,
    referrals.Customer,
    earnings.BillingEvent,
    earnings.Subscription,
    earnings.SubscriptionFact,
    earnings.Transaction,
    earnings.PaymentName,
    earnings.Decision,
    earnings.Commission,
    earnings.DisputedTime,
    earnings.TierStep,
    earnings.PayingSpan,
    earnings.Payout,
    earnings.PayoutLine,
    payouts.PayoutRun,
    payouts.Exclusion,
    creatives.BrandKit,
)

APP_CONFIG = AppConfig(
    app_name="portal",
    migrations_folder_path=Path(__file__).parent / "migrations",
    table_classes=list(TABLES),
)
