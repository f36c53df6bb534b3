"""One program for all samples of a language, built from the pages' text and run against a server.

Knows how a sample of each language becomes part of a program; what is claimed of a sample is for
the tests to say.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from tests.samples.fences import Fence
from tests.samples.installed import HERE, class_path, modules, run

GO_PACKAGES = {
    "neo4j.": "github.com/neo4j/neo4j-go-driver/v5/neo4j",
    "config.": "github.com/neo4j/neo4j-go-driver/v5/neo4j/config",
    "log.": "github.com/neo4j/neo4j-go-driver/v5/neo4j/log",
    "time.": "time",
    "errors.": "errors",
}
GO_IMPORT = re.compile(r"(?m)^import \((?:.|\n)*?^\)\n|^import .*\n")
GO_GIVEN = """package {package}

import (
{imports}
)

var (
	outside given.Given
	uri     string
	auth    neo4j.AuthToken
	driver  neo4j.DriverWithContext
)

func Give(g given.Given) {{ outside, uri, auth, driver = g, g.Uri, g.Auth, g.Driver }}

func Run(ctx context.Context) error {{
{body}
}}

{declared}
"""
GO_PROOF = """	return given.Prove(ctx, outside, func(n int, wait time.Duration) given.Bound {
		return NewBounded(n, wait)
	}, ErrBusy)"""
JAVA_IMPORT = re.compile(r"(?m)^import .*;\n")
JAVA_PROOF = "Run.prove((limit, wait) -> { var one = new Bounded(limit, wait); return new Run.Bound() { public <T> T run(java.util.concurrent.Callable<T> work) throws Exception { return one.run(work); } }; }, Bounded.Busy.class);"  # noqa: E501


@dataclass(slots=True)
class Outcome:
    """What happened to a sample: its error, the agents the server saw, its proof."""

    name: str
    error: str | None = None
    agents: list[str] = field(default_factory=list)
    proof: dict[str, object] | None = None


def run_all(language: str, samples: list[Fence], uri: str, folder: Path) -> list[Outcome]:
    """Run the samples of a language, and return what became of each, in their order."""
    runner = {"python": _python, "javascript": _javascript, "go": _go, "java": _java}[language]
    return runner(samples, uri, folder)


def _cases(samples: list[Fence], uri: str, folder: Path) -> tuple[Path, Path]:
    cases = folder / "cases.json"
    told = [{"name": sample.name, "text": sample.text} for sample in samples]
    cases.write_text(json.dumps({"uri": uri, "samples": told}), encoding="utf-8")
    return cases, folder / "results.json"


def _read(results: Path) -> list[Outcome]:
    return [Outcome(**found) for found in json.loads(results.read_text(encoding="utf-8"))]


def _python(samples: list[Fence], uri: str, folder: Path) -> list[Outcome]:
    cases, results = _cases(samples, uri, folder)
    run([sys.executable, "-B", HERE / "python" / "run.py", cases, results], cwd=folder)
    return _read(results)


def _javascript(samples: list[Fence], uri: str, folder: Path) -> list[Outcome]:
    cases, results = _cases(samples, uri, folder)
    run(["node", HERE / "javascript" / "run.mjs", modules(), cases, results], cwd=folder)
    return _read(results)


def _go(samples: list[Fence], uri: str, folder: Path) -> list[Outcome]:
    for name in ("go.mod", "go.sum"):
        shutil.copy(HERE / "go" / name, folder)
    shutil.copytree(HERE / "go" / "given", folder / "given")
    names = [f"sample{number}" for number in range(len(samples))]
    for name, sample in zip(names, samples, strict=True):
        (folder / name).mkdir()
        (folder / name / "sample.go").write_text(_go_package(name, sample.text), encoding="utf-8")
    imports = "\n".join(f'\t"boltkb/samples/{name}"' for name in names)
    listed = "\n".join(
        f'\t\t{{"{sample.name}", {name}.Run, {name}.Give}},'
        for name, sample in zip(names, samples, strict=True)
    )
    main = (HERE / "go" / "main.go.txt").read_text(encoding="utf-8")
    main = main.replace("\t//IMPORTS", imports).replace("\t\t//SAMPLES", listed)
    (folder / "main.go").write_text(main, encoding="utf-8")
    # The module above a temporary folder is none of ours, and what is pinned stays.
    env = os.environ | {"GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    run(["go", "build", "-o", "samples", "."], cwd=folder, env=env)
    results = folder / "results.json"
    run([folder / "samples", uri, results], cwd=folder)
    return _read(results)


def _go_package(name: str, text: str) -> str:
    """Return a sample as a package: statements become the body of a function."""
    own = "".join(GO_IMPORT.findall(text))
    bare = GO_IMPORT.sub("", text).strip("\n")
    declares = re.search(r"(?m)^(?:func \w|func \(|type |var \()", bare) is not None
    body = GO_PROOF if "type Bounded " in bare else "	return nil"
    if not declares:
        last = bare.splitlines()[-1]
        end = "" if last.startswith("return ") else "\nreturn given.Check(ctx, outside, driver)"
        body = bare + end
    whole = body + (bare if declares else "")
    packages = {"boltkb/samples/given", "context", GO_PACKAGES["neo4j."]}
    packages |= {path for word, path in GO_PACKAGES.items() if re.search(rf"\b{word}\w", whole)}
    unknown = set(re.findall(r'"([^"]+)"', own)) - packages
    assert not unknown, f"imports that nothing uses: {unknown}"
    return GO_GIVEN.format(
        package=name,
        imports="\n".join(f'\t"{path}"' for path in sorted(packages)),
        body=body,
        declared=bare if declares else "",
    )


def _java(samples: list[Fence], uri: str, folder: Path) -> list[Outcome]:
    """Run the samples, those of the tab `Java 5` with the last driver of 5.x."""
    outcomes: dict[str, Outcome] = {}
    for pom in ("java", "java/five"):
        chosen = [one for one in samples if (one.tab == "Java 5") == (pom == "java/five")]
        if chosen:
            inside = folder / Path(pom).name
            inside.mkdir()
            outcomes |= {out.name: out for out in _java_with(pom, chosen, uri, inside)}
    return [outcomes[sample.name] for sample in samples]


def _java_with(pom: str, samples: list[Fence], uri: str, folder: Path) -> list[Outcome]:
    names = [f"Sample{number}" for number in range(len(samples))]
    for name, sample in zip(names, samples, strict=True):
        (folder / f"{name}.java").write_text(_java_class(name, sample.text), encoding="utf-8")
    path = os.pathsep.join(str(jar) for jar in class_path(pom))
    sources = [folder / f"{name}.java" for name in names]
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]
    fast = [f"-J{word}" for word in quick]
    compiler = ["javac", *fast, "-proc:none", "-cp", path, "-d", folder]
    run([*compiler, HERE / "java" / "Run.java", *sources])
    results = folder / "results.txt"
    path = os.pathsep.join([str(folder), path])
    run(["java", *quick, "-cp", path, "Run", uri, results, *names], cwd=folder)
    told: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in results.read_text(encoding="utf-8").splitlines():
        name, key, value = line.split("\t", 2)
        told[name][key].append(value)
    return [
        _java_outcome(sample.name, told[name]) for name, sample in zip(names, samples, strict=True)
    ]


def _java_class(name: str, text: str) -> str:
    """Return a sample as a class: statements become a method, classes are nested."""
    imports = "".join(JAVA_IMPORT.findall(text))
    bare = JAVA_IMPORT.sub("", text)
    nested = re.search(r"(?m)^(?:public |final |sealed )*(?:class|record) ", bare)
    if nested:
        body = JAVA_PROOF if "class Bounded " in bare else ""
        bare = re.sub(r"(?m)^(?:public )?((?:final )?(?:class|record) )", r"static \1", bare)
        inside = f"static void run() throws Exception {{ {body} }}\n{bare}"
    else:
        inside = f"static void run() throws Exception {{\n{bare}\nRun.check(driver);\n}}"
    given = "import org.neo4j.driver.*;\n"
    fields = "static final String uri = Run.uri;\nstatic final AuthToken auth = Run.auth;\n"
    fields += "static final Driver driver = Run.driver;\n"
    return f"{given}{imports}\nfinal class {name} {{\n{fields}{inside}\n}}\n"


def _java_outcome(name: str, told: dict[str, list[str]]) -> Outcome:
    proof = None
    if "bounded" in told:
        proof = {key: int(told[key][-1]) for key in ("bounded", "unbounded")}
        proof |= {key: told[key][-1] == "true" for key in ("first", "busy", "again")}
    error = told["error"][0] if "error" in told else None if "ran" in told else "it did not run"
    return Outcome(name, error, told.get("agent", []), proof)
