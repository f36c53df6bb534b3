"""Small, steady set-ups of a real server that a simulation can be given too.

Each asks for one thing: a pool of one size, the driver's retries, leaks, think time, bursts.
The server's work sleeps, for long enough that what else the machine does matters little.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.lab.build import DEFAULT_VERSION, build
from data.lab.capture import make_capture
from data.lab.files import write_json
from data.lab.folder import Plan
from data.lab.server import Settings
from data.lab.streams import Client, Scenario, Stream

CAPTURES = Path(__file__).resolve().parents[1] / "captures"
#: Those whose kinds of request a simulation can be given.
COMPARED = (
    "neo4j-5.26-leaked",
    "neo4j-5.26-quiet",
    "neo4j-5.26-saturated",
    "neo4j-5.26-think-time",
)
SHOP, JOB = "shop-api/2.3", "report-job/1.1"
#: Beside each capture: how busy the machine was.
MACHINE_FILE = "machine.json"


@dataclass(frozen=True, slots=True)
class SetUp:
    """A server's threads, and what its clients do for so many seconds.

    Parameters
    ----------
    name : str
    threads : int, >= 1
    streams : tuple of Stream
    seconds : float
    instances : int, >= 1
        Processes of the first client; the second has one.
    """

    name: str
    threads: int
    streams: tuple[Stream, ...]
    seconds: float = 150.0
    instances: int = 2

    @property
    def scenario(self) -> Scenario:
        """The set-up as a scenario of the lab."""
        agents = {stream.client for stream in self.streams}
        clients = [Client(SHOP, instances=self.instances, warm=4), Client(JOB, warm=1)]
        return Scenario(
            name=self.name,
            cause=None,
            clients=tuple(client for client in clients if client.agent in agents),
            streams=self.streams,
        )


def _work(rate: float, hold: float, *, retries: bool = False, shape: str = "exponential") -> Stream:
    return Stream(SHOP, "work", rate, hold, shape=shape, retries=retries)


SETUPS: tuple[SetUp, ...] = (
    SetUp("2 threads", 2, (_work(2.4, 0.5),), instances=1),
    SetUp("4 threads", 4, (_work(6.5, 0.45),)),
    SetUp("8 threads", 8, (_work(13.0, 0.5, shape="lognormal"),)),
    SetUp("16 threads", 16, (_work(17.0, 0.8),), instances=3),
    SetUp("4 threads, retries", 4, (_work(5.0, 0.5, retries=True),)),
    SetUp("8 threads, retries", 8, (_work(10.0, 0.6, retries=True),)),
    SetUp("8 threads, leaks", 8, (_work(6.0, 0.4), Stream(JOB, "leak", 1 / 24, 0.01))),
    SetUp("8 threads, think time", 8, (Stream(SHOP, "think", 2.6, 0.4, think=1.8),)),
    SetUp(
        "8 threads, think time, retries",
        8,
        (Stream(SHOP, "think", 2.4, 0.4, think=1.8, retries=True),),
    ),
    SetUp(
        "8 threads, bursts", 8, (_work(5.0, 0.4), Stream(JOB, "burst", 1 / 12, 0.4, size=12))
    ),
)  # fmt: skip


def run_all(
    seeds: Sequence[int], folder: Path, out: Path, tell: Callable[[str], None] = print
) -> None:
    """Run every set-up once for each seed, and write what was measured into one file.

    Parameters
    ----------
    seeds : sequence of int
    folder : Path
        Where the captures go; those that are there already are not made again.
    out : Path
        A JSON file; it holds the committed captures in `COMPARED` too.
    tell : callable
        Told of each run.

    Raises
    ------
    LabError
    """
    from data.lab.measured import measure

    places = []
    for seed in seeds:
        for set_up in SETUPS:
            place = folder / f"{set_up.name.replace(', ', '-').replace(' ', '-')}-{seed}"
            if not (place / MACHINE_FILE).is_file():
                tell(f"{set_up.name}, seed {seed}: {set_up.seconds:.0f} s")
                run(set_up, seed, place)
            places.append(place)
    # The runs of a set-up one after the other.
    order = {set_up.name: number for number, set_up in enumerate(SETUPS)}
    runs = sorted(map(measure, places), key=lambda made: (order[made["name"]], made["seed"]))
    runs += map(measure, (CAPTURES / name for name in COMPARED))
    lines = ",\n".join(json.dumps(made, separators=(",", ":")) for made in runs)
    out.write_text(f"[\n{lines}\n]\n")


def run(
    set_up: SetUp, seed: int, out: Path, tell: Callable[[float], None] = lambda _: None
) -> None:
    """Make a capture of a set-up, and write beside it how busy the machine was.

    Parameters
    ----------
    set_up : SetUp
    seed : int
    out : Path
        A folder to write or to replace.
    tell : callable
        Told of the seconds of load that have passed.

    Raises
    ------
    LabError
    """
    plan = Plan(
        name=out.name,
        scenario=set_up.scenario,
        settings=Settings(threads=set_up.threads),
        seconds=set_up.seconds,
        seed=seed,
        command="python -m data.lab compare",
        with_all_metrics=True,
    )
    loads: list[float] = []

    def look(at: float) -> None:
        loads.append(os.getloadavg()[0])
        tell(at)

    make_capture(plan, build(DEFAULT_VERSION), out, look)
    write_json(
        out / MACHINE_FILE,
        {
            "set_up": set_up.name,
            "seed": seed,
            "seconds": set_up.seconds,
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "load_average": [round(min(loads), 1), round(sum(loads) / len(loads), 1),
                             round(max(loads), 1)],
            "processors": os.cpu_count(),
        },
    )  # fmt: skip
