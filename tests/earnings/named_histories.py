"""Histories that have a name, because something was wrong with each of them once or could easily be."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from tests.earnings.happened import (
    LIST,
    History,
    House,
    Move,
    Offer,
    Paid,
    Quarrel,
    Refund,
    Ruling,
    Sub,
    Version,
)
from tests.earnings.histories import FIRST

LATER, LAST = FIRST + timedelta(days=50), FIRST + timedelta(days=100)


def sub(number: int, began: datetime, *payments: Paid, ended: datetime | None = None) -> Sub:
    """Of a customer whom Ada brought."""
    return Sub(f"c{number}s0", f"c{number}", began, ("ada", began), None, None, ended, payments)


def monthly(number: int, began: datetime, months: int = 1, kind: str = "list") -> tuple[Paid, ...]:
    return tuple(
        Paid(f"in_c{number}s0_{month}", began + timedelta(days=30 * month), "growth", kind)
        for month in range(months)
    )


def loyal(number: int, began: datetime, months: int = 1, ended: datetime | None = None) -> Sub:
    return sub(number, began, *monthly(number, began, months), ended=ended)


def one_who_got_it_all_back(*, and_disputed: bool = False) -> History:
    """Only one customer counts when the other one pays again, also where a dispute is lost much later."""
    back, later = FIRST + timedelta(days=1), FIRST + timedelta(days=2)
    lost = Quarrel(FIRST + timedelta(days=20), FIRST + timedelta(days=90), lost=True)
    (paid,) = monthly(0, FIRST)
    gone = replace(paid, refunds=(Refund(back, LIST["growth"]),), quarrel=lost if and_disputed else None)
    return History((sub(0, FIRST, gone), loyal(1, later, 2)))


def half_a_cent_back() -> History:
    """Each of these refunds leaves a commission that ends in half a cent."""
    refunds = tuple(Refund(FIRST + timedelta(days=total), total) for total in (5, 15, 25))
    (paid,) = monthly(0, FIRST)
    return History((sub(0, FIRST, replace(paid, refunds=refunds)),))


def three_loyal_customers() -> History:
    """They lift Ada to the top tier; the first sale of each matters to the others."""
    return History(tuple(loyal(number, FIRST + timedelta(days=number), 3) for number in range(3)))


def a_dispute_that_was_won() -> History:
    (paid,) = monthly(0, FIRST)
    won = Quarrel(FIRST + timedelta(days=3), FIRST + timedelta(days=60), lost=False)
    return History((sub(0, FIRST, replace(paid, quarrel=won)),))


def an_offer_over(*, tier: int | None = None) -> History:
    """One customer uses it on its last day, one after it, and one began in time and pays with it later."""
    offer = Offer(FIRST.date(), FIRST.date() + timedelta(days=10), tier)
    days = (FIRST + timedelta(days=10), FIRST + timedelta(days=11))
    used = [sub(number, day, *monthly(number, day, kind="offer")) for number, day in enumerate(days)]
    used.append(sub(2, FIRST, *monthly(2, FIRST, 2, kind="offer")))
    return History(tuple(used), House((Version(offers=(offer,)),)))


def an_offer_that_lifts() -> History:
    """Partner's offer counts once two customers make Ada one; with it the third one makes her Elite."""
    days = [FIRST + timedelta(days=number) for number in range(4)]
    with_it = sub(2, days[2], *monthly(2, days[2], kind="offer"))
    plain = [loyal(number, days[number], 1) for number in (0, 1, 3)]
    offer = Offer(FIRST.date(), FIRST.date() + timedelta(days=30), tier=1)
    return History((*plain, with_it), House((Version(offers=(offer,)),)))


def a_fall() -> History:
    """Of two customers one leaves in January; from March on the other one pays at the lowest tier."""
    leaves = loyal(1, FIRST + timedelta(days=1), ended=FIRST + timedelta(days=20))
    return History((loyal(0, FIRST, 4), leaves), House((Version(falls=True),)))


def a_fall_under_later_terms() -> History:
    """Nobody comes or goes any more when tiers begin to fall, on 10 March: they do from May on."""
    leaves = loyal(1, FIRST + timedelta(days=1), ended=FIRST + timedelta(days=2))
    return History(
        (loyal(0, FIRST, 6), leaves), House((Version(), Version(date(2027, 3, 10), falls=True, follow=True)))
    )


def fewer_customers_are_enough() -> History:
    """Two customers are Starter until the terms of 1 February ask for one."""
    later = Version(date(2027, 2, 1), thresholds=(0, 1, 2), follow=True)
    first = Version(thresholds=(0, 3, 9))
    return History((loyal(0, FIRST, 3), loyal(1, FIRST, 3)), House((first, later)))


def tiers_that_pay_the_same() -> History:
    """Elite pays no more than Partner, but has an offer of its own."""
    offer = Offer(FIRST.date(), FIRST.date() + timedelta(days=30), tier=2)
    same = Version(rates=(3_000, 3_500, 3_500), thresholds=(0, 1, 2), offers=(offer,))
    later = FIRST + timedelta(days=2)
    used = sub(2, later, *monthly(2, later, kind="offer"))
    return History((loyal(0, FIRST), loyal(1, FIRST), used), House((same,)))


def a_tier_that_is_gone() -> History:
    """Ada was Elite; the later terms know only Partner, which she keeps until she falls."""
    first = Version(thresholds=(0, 1, 2))
    later = Version(date(2027, 2, 1), (3_000, 3_500), (0, 2), follow=True, falls=True)
    leaves = loyal(1, FIRST, ended=FIRST + timedelta(days=10))
    return History((loyal(0, FIRST, 5), leaves), House((first, later)))


def new_terms(*, follow: bool) -> History:
    later = Version(date(2027, 2, 1), (4_000, 4_500, 5_000), hold=10, second=1_000, follow=follow)
    return History(
        (loyal(0, FIRST, 3), loyal(1, FIRST + timedelta(days=40), 2)),
        House((Version(second=500), later), (("ada", "ben"),)),
    )


def somebody_was_recruited() -> History:
    """Ben recruited Ada. One of her sales counts, is refunded in part and lost; another one never counts."""
    (paid,) = monthly(0, FIRST)
    lost = Quarrel(FIRST + timedelta(days=9), FIRST + timedelta(days=30), lost=True)
    paid = replace(paid, refunds=(Refund(FIRST + timedelta(days=3), 1_901),), quarrel=lost)
    never = sub(1, FIRST, *monthly(1, FIRST, kind="foreign"))
    return History((sub(0, FIRST, paid), never), House((Version(second=777),), (("ada", "ben"),)))


def a_move(*, since: datetime | None) -> History:
    moved = replace(loyal(0, FIRST, 4), moves=(Move(LAST, "ben", since),))
    return History((moved, loyal(1, FIRST, 4)))


def a_customer_who_went_to_ben() -> History:
    """Ada's third customer is her second one, as another one is Ben's since."""
    days = [FIRST + timedelta(days=day) for day in (0, 1, 10)]
    stays, goes, comes = (loyal(number, day, 2) for number, day in enumerate(days))
    moves = (Move(LAST, "ben", FIRST + timedelta(days=5)),)
    return History((stays, replace(goes, moves=moves), comes))


def overruled() -> History:
    """What a manager lets count, takes out, and takes out of what was let count."""
    at, kinds = LAST, ("foreign", "list", "unknown")
    words = ((True,), (False,), (True, False))
    payments = [
        Paid(
            f"in_c0s0_{n}",
            FIRST + timedelta(days=30 * n),
            "growth",
            kind,
            rulings=tuple(Ruling(at + timedelta(days=m), counts) for m, counts in enumerate(said)),
        )
        for n, (kind, said) in enumerate(zip(kinds, words, strict=True))
    ]
    return History((sub(0, FIRST, *payments),))


NAMED = {
    "three loyal customers": three_loyal_customers(),
    "half a cent back": half_a_cent_back(),
    "all back": one_who_got_it_all_back(),
    "all back, and disputed": one_who_got_it_all_back(and_disputed=True),
    "a dispute that was won": a_dispute_that_was_won(),
    "an offer that is over": an_offer_over(),
    "an offer to nobody": an_offer_over(tier=2),
    "an offer that lifts": an_offer_that_lifts(),
    "a fall": a_fall(),
    "a fall under later terms": a_fall_under_later_terms(),
    "fewer customers are enough": fewer_customers_are_enough(),
    "tiers that pay the same": tiers_that_pay_the_same(),
    "a tier that is gone": a_tier_that_is_gone(),
    "new terms are kept out": new_terms(follow=False),
    "new terms are followed": new_terms(follow=True),
    "somebody was recruited": somebody_was_recruited(),
    "moved as a whole": a_move(since=None),
    "moved from a day on": a_move(since=LATER),
    "moved from a payment on": a_move(since=FIRST + timedelta(days=60)),
    "a customer who went to Ben": a_customer_who_went_to_ben(),
    "overruled": overruled(),
}
