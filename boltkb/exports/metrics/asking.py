"""Asks a Prometheus over HTTP, with limits on the time and the size of what it answers.

Only `http` and `https`; no redirection is followed; a password never leaves in a message.
"""

from __future__ import annotations

import http.client
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from boltkb.errors import ExportError

__all__ = ["Prometheus", "TooMuch"]

_LARGEST_ANSWER = 64 << 20
_ERROR_BYTES = 64 << 10
#: How many times the time-out a whole answer may take.
_PATIENCE = 10
_TOO_MUCH = re.compile(r"too many|exceeded maximum|max-samples|too large|limit", re.IGNORECASE)


class TooMuch(Exception):
    """The answer would be too large; a shorter span may do.  It never leaves the room."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow no redirection: the address that was given is the one that is asked."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """An address that is asked.

    Parameters
    ----------
    path : str
        The address, without user and password.
    headers : mapping of str to str
    timeout : float, seconds
        How long it may be silent.
    """

    path: str
    headers: Mapping[str, str]
    timeout: float

    @classmethod
    def at(cls, url: str, headers: Mapping[str, str], timeout: float) -> Prometheus:
        """Return what is asked at an address; raises ExportError for one that cannot be."""
        try:
            parts = urllib.parse.urlsplit(url.strip())
            host, port = parts.hostname, parts.port
        except ValueError as problem:
            raise ExportError(f"not an address ({problem})", url) from problem
        if parts.scheme not in {"http", "https"} or not host:
            raise ExportError("not an address that begins with http:// or https://", url)
        shown = f"[{host}]" if ":" in host else host
        shown += f":{port}" if port is not None else ""
        plain = urllib.parse.urlunsplit((parts.scheme, shown, parts.path.rstrip("/"), "", ""))
        sent = dict(headers)
        if parts.username is not None:
            given = f"{urllib.parse.unquote(parts.username)}:" + urllib.parse.unquote(
                parts.password or ""
            )
            sent["Authorization"] = "Basic " + b64encode(given.encode()).decode()
        return cls(plain, sent, timeout)

    def samples(self, selector: str, first: float, last: float, step: float | None) -> str:
        """Return the answer with the samples between two times, both included.

        Raises `ExportError` when there is none, `TooMuch` when a shorter span may do.
        """
        if step is None:
            # Newer versions leave out the sample at the very beginning of a range: one
            # millisecond more holds it, and what lies before is left out when it is read.
            span = round((last - first) * 1000) + 1
            asked = {"query": f"{selector}[{span}ms]", "time": f"{last:.3f}"}
            return self._ask("query", asked)
        return self._ask(
            "query_range",
            {
                "query": selector,
                "start": f"{first:.3f}",
                "end": f"{last:.3f}",
                "step": f"{step:g}",
            },
        )

    def _ask(self, what: str, parameters: Mapping[str, str]) -> str:
        opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            _NoRedirect(),
        ):
            opener.add_handler(handler)
        deadline = time.monotonic() + _PATIENCE * self.timeout
        try:
            request = urllib.request.Request(  # noqa: S310 - http and https only, see `at`
                f"{self.path}/api/v1/{what}",
                urllib.parse.urlencode(parameters).encode(),
                {"Accept": "application/json", **self.headers},
            )
            with opener.open(request, timeout=self.timeout) as answer:
                return self._text(answer, deadline)
        except urllib.error.HTTPError as problem:
            raise self._said(problem) from problem
        except (OSError, http.client.HTTPException, ValueError) as problem:
            reason = getattr(problem, "reason", problem)
            raise ExportError(f"Prometheus cannot be asked ({reason})", self.path) from problem

    def _text(self, answer: http.client.HTTPResponse, deadline: float) -> str:
        parts: list[bytes] = []
        size = 0
        while part := answer.read1(1 << 20):
            parts.append(part)
            size += len(part)
            if size > _LARGEST_ANSWER:
                raise TooMuch(f"more than {_LARGEST_ANSWER >> 20} MiB")
            if time.monotonic() > deadline:
                raise ExportError("Prometheus takes too long to answer", self.path)
        if answer.length:
            raise ExportError("Prometheus broke off in the middle of its answer", self.path)
        return b"".join(parts).decode("utf-8", "replace")

    def _said(self, problem: urllib.error.HTTPError) -> Exception:
        try:
            body = problem.read(_ERROR_BYTES).decode("utf-8", "replace")
            told = json.loads(body)
            message = str(told.get("error", "")) if isinstance(told, dict) else ""
        except (ValueError, OSError, RecursionError, http.client.HTTPException):
            message = ""
        finally:
            problem.close()
        if problem.code in {422, 503, 413, 400} and _TOO_MUCH.search(message):
            return TooMuch(message[:200])
        said = f": {message[:300]}" if message else ""
        return ExportError(f"Prometheus answered with status {problem.code}{said}", self.path)
