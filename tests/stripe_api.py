"""Stripe's API at the wire: coupons and promotion codes as of 2025-09-30.clover, kept in memory."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "rk_test_51QhandsOff"
VERSION = "2025-09-30.clover"

Thing = dict[str, Any]
Answered = tuple[int, Any]


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    said: dict[str, str]
    once: str | None  # the idempotency key


@dataclass
class StripeApi:
    url: str = ""
    key: str = KEY
    coupons: dict[str, Thing] = field(default_factory=dict)
    codes: list[Thing] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    # What the next requests get instead: a status with its body, None for a connection that ends.
    trouble: list[Answered | None] = field(default_factory=list)
    silent: threading.Event | None = None  # while it is not set, nothing is answered
    lost: int | None = None  # the number of the request whose answer gets lost on the way
    meanwhile: Callable[[Asked], None] | None = None  # what happens before a request is answered
    _repeats: dict[str, Answered] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def made(self) -> list[Asked]:
        return [one for one in self.asked if one.method == "POST"]

    def has_code(self, code: str, *, percent: float, **more: Any) -> Thing:
        """Somebody created it in the dashboard."""
        coupon = _coupon({"percent_off": str(percent), "duration": "once"}, f"made{len(self.coupons)}")
        self.coupons[coupon["id"]] = coupon
        self.codes.append(made := {**_code({"code": code}, coupon["id"], len(self.codes)), **more})
        return made

    def answer(self, asked: Asked, bearer: str, version: str) -> Answered | None:
        if self.meanwhile:
            self.meanwhile(asked)
        with self._turn:
            self.asked.append(asked)
            answered = self.trouble.pop(0) if self.trouble else self._judge(asked, bearer, version)
            return None if self.lost == len(self.asked) else answered

    def _judge(self, asked: Asked, bearer: str, version: str) -> Answered:
        if version != VERSION:
            return _error(400, f"Unexpected API version {version}")
        if bearer != f"Bearer {self.key}":
            return _error(401, f"Invalid API Key provided: {bearer[7:14]}*****")
        if asked.once in self._repeats:
            return self._repeats[asked.once]
        answered = self._take(asked)
        if asked.once:
            self._repeats[asked.once] = answered
        return answered

    def _take(self, asked: Asked) -> Answered:
        match asked.method, asked.path.removeprefix("/v1/").split("/"):
            case "GET", ["coupons"]:
                return 200, _listed("coupons", list(self.coupons.values()))
            case "GET", ["coupons", name]:
                known = self.coupons.get(name)
                missing = _error(404, f"No such coupon: '{name}'", "resource_missing", "coupon")
                return (200, known) if known else missing
            case "POST", ["coupons"]:
                if asked.said["id"] in self.coupons:
                    return _error(400, "Coupon already exists.", "resource_already_exists")
                self.coupons[asked.said["id"]] = made = _coupon(asked.said, asked.said["id"])
                return 200, made
            case "GET", ["promotion_codes"]:
                wanted = asked.said.get("code", "").casefold()
                found = [one for one in self.codes if one["code"].casefold() == wanted and one["active"]]
                return 200, _listed("promotion_codes", [self._expanded(one) for one in found])
            case "POST", ["promotion_codes"]:
                return self._new_code(asked.said)
            case "POST", ["promotion_codes", name]:
                (known,) = (one for one in self.codes if one["id"] == name)
                known["active"] = asked.said["active"] == "true"
                return 200, known
        return _error(404, f"Unrecognized request URL ({asked.method}: {asked.path}).")

    def _new_code(self, said: dict[str, str]) -> Answered:
        if said.get("promotion[type]") != "coupon" or said["promotion[coupon]"] not in self.coupons:
            return _error(400, "No such coupon", "resource_missing", "promotion[coupon]")
        if any(one["code"].casefold() == said["code"].casefold() and one["active"] for one in self.codes):
            return _error(400, f"An active promotion code with `code: {said['code']}` already exists.")
        self.codes.append(made := _code(said, said["promotion[coupon]"], len(self.codes)))
        return 200, made

    def _expanded(self, code: Thing) -> Thing:
        return {**code, "promotion": {"type": "coupon", "coupon": self.coupons[code["promotion"]["coupon"]]}}


@contextmanager
def stripe_api() -> Iterator[StripeApi]:
    api = StripeApi()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

        def _answer(self, text: str) -> None:
            said = {name: values[-1] for name, values in parse_qs(text).items()}
            asked = Asked(self.command, urlsplit(self.path).path, said, self.headers["Idempotency-Key"])
            bearer, version = self.headers["Authorization"], self.headers["Stripe-Version"]
            answered = api.answer(asked, bearer, version)
            if api.silent is not None:
                api.silent.wait()
            self.close_connection = True
            if answered is None:
                return
            status, thing = answered
            body = thing if isinstance(thing, bytes) else json.dumps(thing).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Connection", "close")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                pass  # whoever asked has gone

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield api
    finally:
        if api.silent is not None:
            api.silent.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _metadata(said: dict[str, str]) -> dict[str, str]:
    return {name[9:-1]: value for name, value in said.items() if name.startswith("metadata[")}


def _coupon(said: dict[str, str], name: str) -> Thing:
    return {
        "id": name,
        "object": "coupon",
        "amount_off": None,
        "created": 1678037688,
        "currency": None,
        "duration": said["duration"],
        "duration_in_months": None,
        "livemode": False,
        "max_redemptions": None,
        "metadata": _metadata(said),
        "name": said.get("name"),
        "percent_off": float(said["percent_off"]),
        "redeem_by": None,
        "times_redeemed": 0,
        "valid": True,
    }


def _code(said: dict[str, str], coupon: str, number: int) -> Thing:
    return {
        "id": f"promo_1MiM6KLkdIwHu7ix{number:08}",
        "object": "promotion_code",
        "active": True,
        "code": said["code"],
        "created": 1678040164,
        "customer": None,
        "customer_account": None,
        "expires_at": None,
        "livemode": False,
        "max_redemptions": None,
        "metadata": _metadata(said),
        "promotion": {"coupon": coupon, "type": "coupon"},
        "restrictions": {
            "first_time_transaction": False,
            "minimum_amount": None,
            "minimum_amount_currency": None,
        },
        "times_redeemed": 0,
    }


def _listed(path: str, things: list[Thing]) -> Thing:
    return {"object": "list", "url": f"/v1/{path}", "has_more": False, "data": things}


def _error(status: int, message: str, code: str | None = None, param: str | None = None) -> Answered:
    said = {"type": "invalid_request_error", "message": message}
    if code:
        said |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code}"}
    if param:
        said["param"] = param
    return status, {"error": said}
