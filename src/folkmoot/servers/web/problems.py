"""What the API answers when it cannot do what was asked: a status, a code, a sentence."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec

from folkmoot.errors import FolkmootError, Refused
from folkmoot.servers.doors.names import NameRefused
from folkmoot.servers.web.schemas import ErrorBody

log = logging.getLogger(__name__)


class Problem(FolkmootError):
    """Ends a request with an error answer.

    Units: `retry_after_s` 0 means that trying again cannot help.
    """

    def __init__(self, status: int, code: str, message: str, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.body = ErrorBody(code=code, message=message)
        self.retry_after_s = retry_after_s


_TOLD_AS: Final[Mapping[int, str]] = {
    400: "Not understood, or a name or title that cannot be used",
    401: "The admin token is missing, wrong or expired",
    403: "The key is not valid, or a page of another site asks",
    404: "There is no such room",
    409: "The upload does not stand where the request says",
    413: "Larger than can be taken",
    415: "Bytes of another kind than this address takes",
    429: "Too many requests; Retry-After says how long to wait",
    503: "Not possible just now; Retry-After says when to try again",
    507: "The server's storage is full",
}


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """What a handler may answer besides success, for the API's description."""
    return {
        status: ResponseSpec(ErrorBody, generate_examples=False, description=_TOLD_AS[status])
        for status in statuses
    }


def unknown_room() -> Problem:
    return Problem(404, "unknown_room", "There is no such room. Check the link.")


def too_often(wait_s: int) -> Problem:
    return Problem(
        429, "rate_limited", f"Too many requests. Try again in {wait_s} s.", retry_after_s=wait_s
    )


def engine_away() -> Problem:
    return Problem(
        503,
        "engine_unavailable",
        "The server cannot reach its storage just now. Try again in a few seconds.",
        retry_after_s=2,
    )


def storage_full() -> Problem:
    return Problem(
        503, "storage_full", "The server's storage is full. Tell its operator.", retry_after_s=60
    )


def busy() -> Problem:
    return Problem(
        503, "busy", "Too many files are on their way just now. Try again.", retry_after_s=2
    )


def no_servers() -> Problem:
    return Problem(
        503,
        "no_servers",
        "No collaboration server is running just now. Try again in a few seconds.",
        retry_after_s=2,
    )


def servers_full() -> Problem:
    return Problem(
        503,
        "servers_full",
        "Every server is at its limit just now, so nobody else can come in without disturbing"
        " those who are there. Try again in a minute.",
        retry_after_s=30,
    )


_BY_STATUS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("request_malformed", "The request could not be understood. Check its body and address."),
    404: ("not_found", "There is nothing at this address. See /api/docs for what there is."),
    405: ("method_not_allowed", "This address does not take that method. See /api/docs."),
    413: ("body_too_large", "The request's body is too large. Send at most 64 KB."),
    415: ("not_json", "Send the body as JSON, with the header Content-Type: application/json."),
    500: ("internal_error", "The server made a mistake and has noted it. Try again."),
}


def respond(problem: Problem) -> Response[ErrorBody]:
    headers = {"Retry-After": str(problem.retry_after_s)} if problem.retry_after_s else {}
    return Response(
        content=problem.body,
        status_code=problem.status,
        headers=headers,
        media_type="application/json",
    )


def problem_of(error: Exception) -> Problem:
    """The answer for any exception that ends a request."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, NameRefused):
        return Problem(400, "name_refused", str(error))
    if isinstance(error, Refused):
        return Problem(403, error.code, error.message)
    if isinstance(error, ValidationException):
        return Problem(400, "request_malformed", _validation_sentence(error))
    if isinstance(error, RecursionError):
        # A body nested thousands deep; the decoder gave up without harm.
        return Problem(400, *_BY_STATUS[400])
    if isinstance(error, HTTPException) and error.status_code in _BY_STATUS:
        code, message = _BY_STATUS[error.status_code]
        return Problem(error.status_code, code, message)
    if isinstance(error, HTTPException) and error.status_code < 500:
        return Problem(error.status_code, "request_malformed", _BY_STATUS[400][1])
    return Problem(500, *_BY_STATUS[500])


def handle(_request: Request[Any, Any, Any], error: Exception) -> Response[ErrorBody]:
    """Litestar's exception handler for everything."""
    problem = problem_of(error)
    if problem.status == 500:
        log.error("a request failed", exc_info=error)
    return respond(problem)


def _validation_sentence(error: ValidationException) -> str:
    """Names the field that is wrong, as far as the framework tells."""
    details = error.extra if isinstance(error.extra, list) else []
    told = [
        _named(detail.get("key"), str(detail["message"]))
        for detail in details
        if isinstance(detail, dict) and "message" in detail
    ]
    if not told:
        return _BY_STATUS[400][1]
    return "The request's body is not as expected: " + "; ".join(told)[:400] + "."


def _named(field: object, message: str) -> str:
    """`data` is our parameter's name for the whole body, which a client does not know."""
    if message == "'data'":
        return "it is missing"
    return message if field in (None, "", "data") else f"{field}: {message}"
