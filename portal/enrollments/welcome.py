"""What the letter says that lets somebody in."""

from typing import Any
from uuid import UUID

from portal.accounts.tables import Manager
from portal.clock import local_date
from portal.enrollments.tables import Application
from portal.programs.queries import terms_history
from portal.programs.rules import Period, ProgramTerms
from portal.templating import money


async def welcome_values(
    application: Application, manager_id: UUID | None, terms: ProgramTerms, tier: str
) -> dict[str, Any]:
    """For mail/application_approved: what is earned, by whose hand, and what was agreed to."""
    own, plan = terms.tier(tier), terms.usual_plan
    better = terms.tier_after(own)
    manager = await Manager.objects().where(Manager.id == manager_id).first() if manager_id else None
    versions = (await terms_history(UUID(str(application.program)))).versions
    agreed = next((one.version for one in versions if one.terms_id == application.terms), terms.version)
    return {
        "percent": terms.code_percent,
        "rate_bps": own.rate_bps,
        "share": money(plan.price.portion(own.rate_bps)),
        "plan": plan.name,
        "each": "year" if plan.period is Period.YEAR else "month",
        "months_paid": terms.months_paid,
        "next_rate_bps": better.rate_bps if better else None,
        "next_from": better.from_customers if better else None,
        "hold_days": terms.hold_days,
        "pay_from_day": terms.pay_from_day,
        "pay_to_day": terms.pay_to_day,
        "manager": manager.name if manager else "",
        "sent_on": local_date(application.sent_at, terms.timezone).isoformat(),
        "version": agreed,
    }
