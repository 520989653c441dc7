"""A sale the way it really comes: somebody follows a link, buys, and Stripe tells."""

import json
from datetime import datetime
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx

from portal.earnings.tables import Transaction
from tests.stripe import Event, Shape, checkout_completed, invoice_paid, signature

GROWTH, GROWTH_CENTS = "price_growth_monthly", 11_900
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def click_on(buyer: httpx.AsyncClient, slug: str) -> str:
    """The id that the vendor's page gets."""
    answer = await buyer.get(f"/r/{slug}", headers={"User-Agent": BROWSER, "Sec-Fetch-Dest": "document"})
    assert answer.status_code == httpx.codes.FOUND
    (click,) = parse_qs(urlsplit(answer.headers["Location"]).query)["click_id"]
    return click


async def tell(client: httpx.AsyncClient, event: Event, secret: str, now: datetime) -> httpx.Response:
    body = json.dumps(event).encode()
    return await client.post("/webhooks/stripe", content=body, headers=signature(body, secret, now))


async def sell(
    client: httpx.AsyncClient, click: str, secret: str, now: datetime, *, shape: Shape = "since"
) -> UUID:
    """One new customer pays the Growth plan's list price; gives back the transaction's id."""
    name = uuid4().hex[:12]
    customer, subscription, email = f"cus_{name}", f"sub_{name}", f"{name}@buyer.example"
    begun = checkout_completed(now, customer=customer, subscription=subscription, click=click, email=email)
    paid = invoice_paid(
        now,
        customer=customer,
        subscription=subscription,
        email=email,
        price=GROWTH,
        cents=GROWTH_CENTS,
        shape=shape,
    )
    for event in (begun, paid):
        answer = await tell(client, event, secret, now)
        assert answer.status_code == httpx.codes.OK, answer.text
    invoice = paid["data"]["object"]["id"]
    rows = await Transaction.select(Transaction.id).where(Transaction.external_id == invoice)
    return UUID(str(rows[0]["id"]))
