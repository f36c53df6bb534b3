"""Blocks for a shell, run by bash with stand-ins for every program.

Each stand-in writes down what it was called with.  It then runs the real program where that is
harmless, against the lab's server where one is given, and does nothing otherwise; a program that
has no stand-in is not found, so the block fails.  Knows no page.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.samples.fences import Fence

#: Run as they are; what they read and write lies in the block's own folder, or in /proc.
REAL = (
    "awk", "cat", "date", "grep", "head", "jq", "mkdir", "sed", "sort", "tail", "uniq", "wc",
    "xargs",
)  # fmt: skip
#: Run against the lab's server.
SERVED = ("curl", "java", "jcmd", "pgrep", "ss")
#: Only written down; `commands` checks the words.
NOTED = ("boltkb", "make", "papermill", "systemctl")
LONGEST_SECONDS = 120
#: Places of an operator's machine, which lie in the block's folder here.
PLACES = re.compile(r"(?<![\w.])/(?:var/www|exports/)")
#: What a Prometheus that is not there answers when it is asked for its servers.
SERVERS = {"status": "success", "data": ["graph-1:2004", "graph-2:2004"]}
#: A loop that waits for the next time ends after as many.
MOST_SLEEPS = 3

STAND_IN = """#!{python} -IS
import json, os, subprocess, sys

name, words = os.path.basename(sys.argv[0]), sys.argv[1:]
given = json.loads(os.environ["SAMPLES_GIVEN"])
with open(given["record"], "a+") as record:
    record.write(json.dumps([name, *words]) + "\\n")
    record.seek(0)
    calls = sum(json.loads(line)[0] == name for line in record)
real = given["real"].get(name)
if name == "curl" and "http" not in given:
    print({servers!r})
    sys.exit(0)
if name == "sleep":
    sys.exit(calls > {most})
if name in {noted}:
    sys.exit(0)
if name == "neo4j-admin":
    classes = os.path.join(given["home"], "lib", "*")
    java = [given["real"]["java"], "-XX:TieredStopAtLevel=1", "-cp", classes]
    configuration = os.path.join(given["home"], "conf")
    os.environ |= {{"NEO4J_HOME": given["home"], "NEO4J_CONF": configuration}}
    os.environ["PATH"] = given["path"]
    os.execv(java[0], [*java, "org.neo4j.cli.AdminTool", *words])
if name in ("jcmd", "pgrep") and words[0] in ("-l", "-f"):
    # Another server on this machine is none of ours.
    said = subprocess.run([real, *words], capture_output=True, text=True).stdout
    print(*[line for line in said.splitlines() if line.split()[0] == given["pid"]], sep="\\n")
    sys.exit(0)
if name in ("curl", "ss"):
    ports = {{"7474": given["http"], "7687": given["bolt"]}}
    for port, ours in ports.items():
        words = [word.replace(":" + port, ":" + ours) for word in words]
    # curl would ask a person for the password.
    words = ["neo4j:secret" if word == "neo4j" else word for word in words]
os.execv(real, [real, *words])
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a block did: its exit code, what it said, and every program it called."""

    code: int
    said: str
    complained: str
    calls: list[list[str]]


def missing(fence: Fence) -> list[str]:
    """Return the programs that a block names and this machine does not have."""
    words = set(re.findall(r"[\w-]+", fence.text))
    return sorted(name for name in words & {*REAL, *SERVED} if shutil.which(name) is None)


def run_shell(fence: Fence, folder: Path, given: Mapping[str, str]) -> Ran:
    """Run a block in a folder.

    Parameters
    ----------
    fence : Fence
    folder : Path
        Where the block runs; it must hold nothing else of value.
    given : mapping
        Of the lab's server: `pid`, `home`, `http` and `bolt` (its ports); empty for none.

    Raises
    ------
    AssertionError
        When the block writes outside of its folder.
    """
    text = PLACES.sub(lambda found: found[0].removeprefix("/").removeprefix("var/www"), fence.text)
    text = re.sub(r"(?<![\w.])/(?=reports/)", "", text)
    outside = re.search(r">\s*/(?!dev/null\b)\S*", text)
    assert outside is None, f"{fence.name} writes to {outside}"
    shims, record = folder / ".programs", folder / ".record"
    shims.mkdir(exist_ok=True)
    record.write_text("")
    program = shims / "stand-in"
    program.write_text(
        STAND_IN.format(
            python=sys.executable, most=MOST_SLEEPS, noted=NOTED, servers=json.dumps(SERVERS)
        )
    )
    program.chmod(0o755)
    names = {*REAL, *NOTED, "curl", "sleep", *((*SERVED, "neo4j-admin") if given else ())}
    for name in names - {"java"}:
        if not (shims / name).exists():
            (shims / name).symlink_to(program)
    real = {name: found for name in (*REAL, *SERVED) if (found := shutil.which(name))}
    environment = {
        "PATH": str(shims),
        "HOME": str(folder),
        "SAMPLES_GIVEN": json.dumps(
            {"record": str(record), "real": real, "path": os.environ["PATH"], **given}
        ),
    }
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(
        [bash, "-euo", "pipefail", "-c", "enable -n kill\n" + text],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        stdin=subprocess.DEVNULL,
    )
    calls = [json.loads(line) for line in record.read_text().splitlines()]
    return Ran(done.returncode, done.stdout, done.stderr, calls)


def files(folder: Path) -> dict[str, int]:
    """Return the files that blocks have made in a folder, with their sizes."""
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }
