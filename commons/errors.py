"""What can go wrong in the commons, for a person; each carries the HTTP status it becomes.

CommonsError
├── NotFound        404  there is no such thing, or not for you to see
├── Forbidden       403  it is not yours to do
├── Conflict        409  it was possible a moment ago, or in another state
├── Invalid         422  what was sent makes no sense; `problems` maps a field to a sentence
├── TooOften        429  this address has had its share for now; `retry_after_s` says when there is more
└── Unavailable     503  a part this needs is not there now
"""


class CommonsError(Exception):
    """Root of every error of the commons; its text is one sentence for a person."""

    status = 500


class NotFound(CommonsError):
    """There is no such thing, or not for you to see."""

    status = 404


class Forbidden(CommonsError):
    """It is not yours to do."""

    status = 403


class Conflict(CommonsError):
    """It was possible a moment ago, or would be in another state."""

    status = 409


class Invalid(CommonsError):
    """What was sent makes no sense."""

    status = 422

    def __init__(self, message: str, problems: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.problems = problems or {}


class TooOften(CommonsError):
    """This address has had its share for now."""

    status = 429

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"You have had much built in the last minute. Try again in {retry_after_s} s.")
        self.retry_after_s = retry_after_s


class Unavailable(CommonsError):
    """A part this needs is not there now."""

    status = 503
