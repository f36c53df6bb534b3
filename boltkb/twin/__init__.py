"""The twin: a simulated Bolt server with its drivers.

A system of threads and connections that can be run: a listener and its connections, a worker
pool as the JDK's executor keeps it, a machine with so many cores, and the drivers' own pools
with their waiting, retrying and reuse.  `simulate` gives tables to an analyst; `Run` hands out
blocks, so that a day needs no more memory than a minute.  What Neo4j and its drivers really
do is the catalogue's and the parameters' to say; the twin reads no export, so that what it
writes can test those who do.

How it works
------------
One compiled loop (`kernel`) over arrays of records, with no Python object per event.  A run's
next event is the earliest of three: the *agenda* (a heap of messages, answers, time-outs and
back-offs), each member's next *end of work*, each load's next *arrival*.

What one request goes through:

1. It comes (`arriving`), a driver object and a member are chosen.
2. It acquires a connection (`driving`): an idle one in the driver's reuse order, tested or closed
   where its age asks for that; or a new one, whose HELLO needs a thread of its own; or it waits.
3. Its message reaches the server; the connection asks for a thread (`holds.ask`), and the pool
   (`threads`) hands it to an idle worker, queues it, grows, or refuses.
4. The hold goes through its steps: bookmark, transaction, lock, work on the shared cores
   (`machine`), a client that reads or thinks, commit.  As long as a transaction or a result is
   open the thread stays; then it goes to the queue, or idles.
5. The answer reaches the driver: the connection returns to its pool and wakes a waiter, or is gone,
   or must be reset; a failure is tried again after a back-off, or is the request's outcome.

Every time a connection asks for a thread becomes one row of `holds`, every request one row of
`requests`.  Random numbers come from one stream for each client and purpose, so that a change in
one does not stir the others.

What is left out: deadlocks, routing tables, and messages of one connection that arrive while
another of it is at work, except those that were pipelined at the start.
"""

from boltkb.twin.clients import Client, Driver, Work
from boltkb.twin.loads import Bursts, Curve, Poisson, Renewal, Replay, Users
from boltkb.twin.results import Simulation
from boltkb.twin.running import Block, Run
from boltkb.twin.scenarios import Scenario, load_scenario, scenario_names
from boltkb.twin.server import Machine, Server
from boltkb.twin.simulating import simulate
from boltkb.twin.writing import write_export, write_scenario

__all__ = [
    "Block",
    "Bursts",
    "Client",
    "Curve",
    "Driver",
    "Machine",
    "Poisson",
    "Renewal",
    "Replay",
    "Run",
    "Scenario",
    "Server",
    "Simulation",
    "Users",
    "Work",
    "load_scenario",
    "scenario_names",
    "simulate",
    "write_export",
    "write_scenario",
]
