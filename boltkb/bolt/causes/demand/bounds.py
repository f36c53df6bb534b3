"""From which shares on a cause of this room counts, and the kinds of evidence that it rests on."""

from __future__ import annotations

__all__ = ["CARRIES", "CLIENT_LOGS", "CONFIGURATION", "CONNECTIONS", "COURSE_OF_LOAD", "MOST",
           "PAUSES", "SIGN_INS", "TRIES_AGAIN"]  # fmt: skip

#: A cause of a smaller part of the rejections is not why there are so many.
CARRIES = 0.3
#: From this share of held threads on, what they do decides.
MOST = 0.5
#: Drivers try again after about 1, 2 and 4 s: what something set off is over so much later, s.
TRIES_AGAIN = 10.0

#: The kinds of evidence, as a report names them.
COURSE_OF_LOAD = "the course of arrivals, holds and rejections"
PAUSES = "pauses told by logs or metrics"
SIGN_INS = "sign-ins told by the server's log"
CLIENT_LOGS = "clients' logs"
CONNECTIONS = "connections opened and listed"
CONFIGURATION = "the configuration"
