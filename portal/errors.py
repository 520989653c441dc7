"""What can go wrong in a way that a person can act on. Everything else is a 500 and a log entry."""


class PortalError(Exception):
    """Base of the refusals that become pages. `sentence` is shown to the person as it is."""

    sentence = "Something went wrong."

    def __init__(self, sentence: str | None = None) -> None:
        self.sentence = sentence or self.sentence
        super().__init__(self.sentence)


class Refused(PortalError):
    """The request was understood and is not allowed now. 409 with the sentence."""


class Conflict(PortalError):
    """Somebody else was first: a unique promise of a table would have been broken. 409."""

    sentence = "Someone else changed this at the same moment. Nothing was changed; please look again."


class NotFound(PortalError):
    """404."""

    sentence = "Nothing is at this address."


class NotYours(NotFound):
    """Someone else's thing. Answered exactly like NotFound, so that nobody learns that it exists."""


class TooMany(PortalError):
    """429. `retry_after` is in seconds."""

    sentence = "That was too often in a short time."

    def __init__(self, sentence: str | None = None, *, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class TooLarge(PortalError):
    """413."""

    sentence = "This is larger than the portal accepts."


class TooSlow(PortalError):
    """408: the rest of a request did not come."""

    sentence = "This took too long to arrive. Nothing was changed; please try again on a better connection."


class Unreadable(PortalError):
    """422: what was sent cannot be understood, and no form can show it beside a field."""

    sentence = "This could not be read."


class Busy(PortalError):
    """503 with Retry-After, in seconds: the database or the render queue can't take it now."""

    sentence = "The portal is busy right now. Nothing was changed; please try again in a moment."

    def __init__(self, sentence: str | None = None, *, retry_after: int = 5) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class StorageFull(PortalError):
    """507."""

    sentence = "There is no room left to keep this file. Nothing was changed."


class NotSignedIn(PortalError):
    """Leads to the sign-in page and back."""

    sentence = "Please sign in first."


class NotAllowed(PortalError):
    """403: signed in, but this is for somebody else's role."""

    sentence = "Your account doesn't open this page."


class OnlyReads(NotAllowed):
    """403: a reader of an account tried to change something."""

    heading = "You read along here"
    sentence = "A reader sees everything on this account and changes nothing. Ask an owner if you need to."


class OnlyOwners(NotAllowed):
    """403: for the owners of an account."""

    heading = "This is for owners"
    sentence = "Only an owner of this account can change this. Ask one of them."


class NotProved(PortalError):
    """Signed in, but longer ago than this needs: leads to the page that asks again, and then to `onward`."""

    sentence = "Please show once more that it is you."

    def __init__(self, onward: str) -> None:
        super().__init__()
        self.onward = onward


class CannotStart(PortalError):
    """The portal does not start; the sentence says why and what to do. Only the command line shows it."""
