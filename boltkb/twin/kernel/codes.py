"""The numbers that stand for kinds, phases, outcomes and rules inside the kernel."""

from __future__ import annotations

# Events in the heap.
CONNECTED, MESSAGE, REPLY, BOOKMARKED, STARTED, LOCKED, EXPIRED, RECHECK, LINGERED = range(9)
RETRY, POLL, GAVE_UP, TRIM, PAUSE, RESUME, SAMPLE, CUT, HAND_BACK, DEPLOY, RETIRE, USER = range(
    9, 21
)
UNSIGNED, ENOUGH = range(21, 23)

# What a connection asks a thread for.
HELLO, WORK, RESET, GOODBYE, RESET_AFTER = range(5)

# What a connection is, seen from the server.
# (No metric of 5.0 and later sees a connection that was opened and has not negotiated.)
GONE, CONNECTING, IDLE, QUEUED, RUNNING, UNSEEN = range(6)

# Where a hold stands.
BEGIN, OPEN, QUERY, WAIT_LOCK, WORKING, WORKED, READING, READ, THINKING, COMMIT_TURN = range(10)
COMMIT, COMMITTING, LEAKED, FAILED, HOUSE, BOOKMARK, CLEANING, HUNG = range(10, 18)

# How a hold ended.
HELD, REFUSED, STILL_HELD, STILL_QUEUED, LEFT_QUEUE = range(5)

# How a request, or one try of it, ended.
OK, NO_THREADS, ACQUISITION_TIMEOUT, PENDING_FULL, TRANSACTION_TIMEOUT = range(5)
CONNECTION_LOST, TRANSACTION_LIMIT, NEVER_ENDED, NO_ANSWER, UNFINISHED = range(5, 10)
NOT_CONSUMED = 10

# Records of what happened, each with the bit that asks for it.
REC_HOLD, REC_REQUEST, REC_TRY, REC_CONNECTION, REC_QUERY, REC_PAUSE = range(1, 7)

# Rules of drivers.
LAST_IN, FIRST_IN, OLDEST_SLOT = range(3)
IN_ORDER, ANY_ORDER, BY_POLLING, BURST_REVERSED = range(4)

# Kinds of transactions, of loads and of laws.
AUTO_COMMIT, EXPLICIT = range(2)
NONE, POISSON, CLOSED, BURSTS, CURVE, REPLAY, RENEWAL = range(7)
CONSTANT, EXPONENTIAL, LOGNORMAL, GAMMA, HYPEREXPONENTIAL, EMPIRICAL = range(6)

# What becomes of a rejected connection: answered and closed; answered and kept; kept, and not
# answered when more than one message was sent at once (before 3.5.6).
CLOSES, KEEPS = range(2)

# How far a client gets that never signs in.
SIGNS_IN, ONLY_CONNECTS, ONLY_NEGOTIATES = range(3)

# Streams of random numbers: so many for each client, and for each member.
STREAMS = 8
ARRIVALS, SERVICE, CLIENT_TIME, CHOICE, BACK_OFF, EXTRAS, ROUTING, HOUSEKEEPING = range(8)

# Why the kernel came back.
DONE, FULL, NEED_CONNECTIONS, NEED_REQUESTS, NEED_HEAP = range(5)

# The stamp of a request that belongs to no user of a closed load.
NOBODY = (1 << 28) - 1
