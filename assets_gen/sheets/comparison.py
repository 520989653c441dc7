"""The comparison sheet: every plan with its prices, and what the code leaves of the first payment."""

from __future__ import annotations

from typing import Any

from assets_gen.brand import AssetError, Plan
from assets_gen.breaking import Fit
from assets_gen.sheets.offer import offer_panel
from assets_gen.sheets.parts import Order, Sheet, common, narrowed, plain, set_in

_MOST = 10
# What rows may take together on a sheet of A4's height, how high one may be, and how low with three lines.
_ROWS, _HIGHEST, _ROOMY = 110.0, 34.0, 13.0
_NAME_WIDE, _PRICE_WIDE, _NAME, _PRICE, _SMALL = 44.0, 42.0, 7.4, 8.6, 3.5

_ASIDE_WIDE = {"first_monthly": 44.0, "first_yearly": 44.0, "a_month": 44.0, "trial": 34.0}


def comparison(order: Order) -> Sheet:
    """Raises AssetError for an offer without plans or with more than a sheet has room for."""
    plans, words = order.offer.plans, order.words()
    if not plans:
        raise AssetError("A comparison sheet needs the program's plans.")
    if len(plans) > _MOST:
        raise AssetError(f"A comparison sheet has room for {_MOST} plans, not for {len(plans)}.")
    sheet, _ = common(order)
    lines, size, leading = set_in(
        words["plans_title"], order.face("headline"), Fit(17.5, 8, (2, 1), 0.98, "last"), 100, 38
    )
    row = min(_HIGHEST, (_ROWS - 17.6 + order.paper.height - 279.4) / len(plans))
    share = min(1.0, row / 22)
    prices = [price for plan in plans for price in (plan.monthly, plan.yearly)]
    rows = tuple(_row(order, plan, share, roomy=row >= _ROOMY) for plan in plans)
    first = any(plan.first_monthly or plan.first_yearly for plan in plans)
    return offer_panel(order, sheet).saying(
        title=f"{order.program.name}: {plain(words['plans_title'])} ({order.affiliate.name})",
        headline_lines=tuple(map(plain, lines)),
        headline_size=size,
        headline_leading=leading,
        rows=rows,
        row=round(row, 2),
        # Prices, and not the lines under them, stand in the middle of their row.
        over=round((row - 17 * share) / 2 + 0.4, 2),
        share=share,
        price_size=round(min(_fits(order, price, _PRICE * share) for price in prices), 2),
        small_line=min(
            narrowed(row[key], order.face("small"), _SMALL * max(share, 0.72), _ASIDE_WIDE[key])
            for row in rows
            for key in _ASIDE_WIDE
        ),
        monthly=any(plan.monthly for plan in plans),
        yearly=any(plan.yearly for plan in plans),
        with_code=plain(words["first_with"]).format(code=order.offer.code)
        if first and order.offer.code
        else "",
    )


def _fits(order: Order, price: str, largest: float) -> float:
    return narrowed(price, order.face("headline"), largest, _PRICE_WIDE)


def _row(order: Order, plan: Plan, share: float, *, roomy: bool) -> dict[str, Any]:
    words, face = order.words(), order.face("headline")
    lines, size, leading = set_in(
        plan.name, face, Fit(_NAME * share, 3.0, (1, 2), 1.04), _NAME_WIDE, 17 * share
    )
    return {
        "name": lines,
        "size": size,
        "leading": leading,
        "monthly": plan.monthly,
        "yearly": plan.yearly,
        "a_month": words["a_month"].format(price=plan.yearly_a_month)
        if plan.yearly_a_month and roomy
        else "",
        "first_monthly": words["first_payment"].format(price=plan.first_monthly)
        if plan.first_monthly
        else "",
        "first_yearly": words["first_payment"].format(price=plan.first_yearly) if plan.first_yearly else "",
        "trial": _trial(order, plan),
    }


def _trial(order: Order, plan: Plan) -> str:
    words = order.words()
    if not plan.trial_days:
        return words["no_trial"]
    pattern = words["trial_days" if plan.trial_price else "trial_free"]
    return pattern.format(days=plan.trial_days, price=plan.trial_price)
