"""Getting a Neo4j Community server and the lab's plugin out of Maven.

The only room that knows Maven. It answers with a list of jar files in a cache folder and
must not know how a server is started or what a capture is.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from data.lab.errors import LabError

LAB = Path(__file__).resolve().parent
DEFAULT_VERSION = "5.26.30"
PACKAGES = "openjdk-17-jdk-headless maven"
BUILD_TIMEOUT_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Build:
    """A server's jar files and the lab's own plugin.

    Parameters
    ----------
    version : str
        Neo4j's version, such as ``5.26.30``.
    java : Path
        The ``java`` program that starts it.
    jars : tuple of Path
        The server's class path, in Maven's order.
    plugin : Path
        The lab's plugin, built against exactly these jars.
    """

    version: str
    java: Path
    jars: tuple[Path, ...]
    plugin: Path


def build(version: str = DEFAULT_VERSION, *, cache: Path | None = None) -> Build:
    """Return the jars of a server, asking Maven only when they are not in the cache.

    Parameters
    ----------
    version : str
        A version that Maven Central has, such as ``5.26.30``.
    cache : Path, optional
        Where the plugin and the class path are kept; by default a folder of the user's
        cache directory.

    Returns
    -------
    Build

    Raises
    ------
    LabError
        When Java, its compiler or Maven is missing, or when Maven fails.
    """
    java = find_program("java")
    check_java(version, tell_java(java))
    target = (cache or _cache_folder()) / version / _fingerprint()
    listing = target / "classpath.txt"
    plugin = target / "boltkb-lab.jar"
    known = _read_listing(listing)
    if known and plugin.is_file() and all(jar.is_file() for jar in known):
        return Build(version, java, known, plugin)
    find_program("javac")
    maven = find_program("mvn")
    target.mkdir(parents=True, exist_ok=True)
    command = [
        str(maven),
        "--quiet",
        "--batch-mode",
        f"--file={LAB / 'pom.xml'}",
        f"-Dneo4j.version={version}",
        f"-Dmaven.compiler.release={_java_of(version)}",
        f"-Dlab.target={target}",
        "package",
        "dependency:build-classpath",
        "-Dmdep.includeScope=runtime",
        f"-Dmdep.outputFile={listing}",
    ]
    try:
        result = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=BUILD_TIMEOUT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(
            f"Maven did not finish within {BUILD_TIMEOUT_SECONDS} seconds while fetching"
            f" Neo4j {version}. Check the connection to Maven Central and try again."
        ) from error
    jars = _read_listing(listing)
    if result.returncode != 0 or not jars or not plugin.is_file():
        said = [line for line in result.stdout.splitlines() if "ERROR" in line]
        first = said[0] if said else "it said nothing"
        raise LabError(
            f"Maven could not fetch Neo4j {version} or build the lab's plugin against it"
            f" (exit code {result.returncode}): {first}. Check that the version exists on"
            " Maven Central (--neo4j) and that Maven can reach it."
        )
    return Build(version, java, jars, plugin)


def _java_of(version: str) -> int:
    """Return the oldest Java that a version runs on, which its classes are made for."""
    return 17 if version.startswith("5.") else 21


def tell_java(java: Path) -> str:
    """Return how a Java program names itself, such as ``openjdk version "17.0.15"``.

    Parameters
    ----------
    java : Path
    """
    answer = subprocess.run(
        [str(java), "-version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    lines = (answer.stderr + answer.stdout).splitlines()
    return next((line for line in lines if " version " in line), "unknown version")


def check_java(version: str, java: str) -> None:
    """Refuse a Java that is too old for a version of Neo4j.

    Parameters
    ----------
    version : str
        Of Neo4j, such as ``5.26.30`` or ``2025.01.0``.
    java : str
        As `tell_java` gives it; one that names no number is let through.

    Raises
    ------
    LabError
        When 5.x meets less than Java 17, or 2025 and later less than Java 21.
    """
    found = re.search(r'"(?:1\.)?(\d+)', java)
    needed = _java_of(version)
    if found and int(found[1]) < needed:
        raise LabError(
            f"Neo4j {version} needs Java {needed} or later, but the `java` on the PATH says:"
            f" {java}. Put a newer one first on the PATH, or choose another version with"
            " --neo4j."
        )


def find_program(name: str) -> Path:
    """Return where a program lies on the search path.

    Raises
    ------
    LabError
        When it is not there; the message names the Debian packages that bring it.
    """
    found = shutil.which(name)
    if found is None:
        kind = "Maven" if name == "mvn" else "a Java Development Kit (17 or 21)"
        raise LabError(
            f"The lab needs {kind}, but there is no `{name}` on the PATH. On Debian or"
            f" Ubuntu: apt-get install {PACKAGES}."
        )
    return Path(found)


def _cache_folder() -> Path:
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "boltkb-lab"


def _fingerprint() -> str:
    digest = hashlib.sha256((LAB / "pom.xml").read_bytes())
    for source in sorted((LAB / "plugin").rglob("*")):
        if source.is_file():
            digest.update(source.name.encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _read_listing(listing: Path) -> tuple[Path, ...]:
    if not listing.is_file():
        return ()
    return tuple(Path(part) for part in listing.read_text().strip().split(os.pathsep) if part)
