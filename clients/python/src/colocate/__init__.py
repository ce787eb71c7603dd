"""Plans the fewest shared cloud resources for many application components, by the `colocate` program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, TypedDict, Union

__all__ = [
    "Answer",
    "ColocateError",
    "Diagnostic",
    "Plan",
    "Position",
    "Resource",
    "batch",
    "check",
    "plan",
    "program",
    "schema",
    "template",
]

PathLike = Union[str, "os.PathLike[str]"]
Estate = Union[Mapping[str, Any], PathLike]
"""An estate: a mapping, or the path of a file or folder."""


class Position(TypedDict):
    """A place in a file; lines and columns (in characters) are counted from 1."""

    file: str
    line: int
    column: int


class _Diagnostic(TypedDict):
    code: str
    severity: str
    message: str
    pointer: str


class Diagnostic(_Diagnostic, total=False):
    """One thing that is wrong; `pointer` is a JSON pointer into the estate."""

    position: Position
    expected: str
    help: str


class _Resource(TypedDict):
    id: str
    resourceType: str
    name: str
    config: Dict[str, Any]
    components: List[str]
    usage: Dict[str, Any]
    provenance: Dict[str, Any]
    dependsOn: List[str]


class Resource(_Resource, total=False):
    """A provisioned resource."""

    implied: bool
    monthlyCost: Dict[str, Any]


class Plan(TypedDict):
    """A plan, as `colocate schema plan` describes it."""

    version: int
    estate: str
    objective: str
    optimal: bool
    summary: Dict[str, Any]
    groups: List[Dict[str, Any]]
    resources: List[Resource]
    bindings: Dict[str, Dict[str, Any]]
    warnings: List[Dict[str, Any]]


class Answer(TypedDict, total=False):
    """What became of one estate of a batch: a `plan`, or an `error` with its `code`, `message` and `diagnostics`."""

    source: str
    name: str
    plan: Plan
    error: Dict[str, Any]


class ColocateError(Exception):
    """An estate cannot be planned, or the program cannot be run."""

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = (), exit_code: Optional[int] = None) -> None:
        super().__init__(message)
        self.diagnostics: List[Diagnostic] = list(diagnostics)
        self.exit_code = exit_code


def program() -> str:
    """Where the program is: `COLOCATE` if it is set, else the one installed with this module, else the one on the PATH."""
    stated = os.environ.get("COLOCATE")
    if stated:
        return stated
    name = "colocate.exe" if sys.platform == "win32" else "colocate"
    for folder in (sysconfig.get_path("scripts"), str(Path(sys.executable).parent)):
        installed = Path(folder) / name
        if installed.is_file():
            return str(installed)
    return shutil.which(name) or name


def plan(
    estate: Estate,
    *,
    overlays: Sequence[PathLike] = (),
    rules: Sequence[Union[PathLike, Mapping[str, Any]]] = (),
    lock: Optional[PathLike] = None,
    usage: Optional[PathLike] = None,
    time_limit: Optional[float] = None,
) -> Plan:
    """Plans an estate; raises `ColocateError` with all that is wrong with it."""
    with tempfile.TemporaryDirectory(prefix="colocate-") as folder:
        made: Plan = json.loads(_run(_command(folder, "json", estate, overlays, rules, lock, usage, time_limit)))
        return made


def template(
    estate: Estate,
    language: str,
    *,
    overlays: Sequence[PathLike] = (),
    rules: Sequence[Union[PathLike, Mapping[str, Any]]] = (),
    lock: Optional[PathLike] = None,
) -> Dict[str, str]:
    """The files of a template (`arm`, `bicep` or `terraform`) that deploys an estate's plan, by name."""
    with tempfile.TemporaryDirectory(prefix="colocate-") as folder:
        output = Path(folder) / "template"
        _run([*_command(folder, language, estate, overlays, rules, lock, None, None), "--output", f"{output}{os.sep}"])
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(output.iterdir())}


def check(estate: Estate, *, rules: Sequence[Union[PathLike, Mapping[str, Any]]] = ()) -> List[Diagnostic]:
    """All that is wrong with an estate before it is planned; nothing where it is good."""
    with tempfile.TemporaryDirectory(prefix="colocate-") as folder:
        command = ["check", _input(folder, estate), "--format", "json", *_rules(folder, rules)]
        ran = _call(command)
        if ran.returncode not in (0, 1) or not ran.stdout:
            raise ColocateError(ran.stderr.strip(), (), ran.returncode)
        return _named(json.loads(ran.stdout))


def batch(estates: Iterable[Mapping[str, Any]], *, rules: Sequence[PathLike] = (), time_limit: Optional[float] = None) -> Iterator[Answer]:
    """Plans many estates, in their order; every estate has an answer, be it an error."""
    with tempfile.TemporaryDirectory(prefix="colocate-") as folder:
        lines = Path(folder) / "estates.ndjson"
        with lines.open("w", encoding="utf-8") as out:
            for estate in estates:
                out.write(json.dumps(estate) + "\n")
        command = [program(), "batch", str(lines), "--quiet", *_rules(folder, rules), *_limit(time_limit)]
        try:
            running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")
        except OSError as error:
            raise ColocateError(_missing(error)) from error
        with running:
            assert running.stdout is not None
            for line in running.stdout:
                yield json.loads(line)
        if running.returncode not in (0, 1):
            raise ColocateError("`colocate batch` failed", (), running.returncode)


def schema(of: str = "estate", *, rules: Sequence[PathLike] = ()) -> Dict[str, Any]:
    """The JSON Schema of a format: `estate`, `part`, `plan`, `lock`, `rules` or `scenarios`."""
    with tempfile.TemporaryDirectory(prefix="colocate-") as folder:
        described: Dict[str, Any] = json.loads(_run(["schema", of, *_rules(folder, rules)]))
        return described


def _command(
    folder: str,
    format: str,
    estate: Estate,
    overlays: Sequence[PathLike],
    rules: Sequence[Union[PathLike, Mapping[str, Any]]],
    lock: Optional[PathLike],
    usage: Optional[PathLike],
    time_limit: Optional[float],
) -> List[str]:
    command = ["plan", _input(folder, estate), "--format", format, "--errors", "json", "--quiet", *_rules(folder, rules)]
    for overlay in overlays:
        command += ["--overlay", os.fspath(overlay)]
    for option, path in (("--lock", lock), ("--usage", usage)):
        if path is not None:
            command += [option, os.fspath(path)]
    return command + _limit(time_limit)


def _limit(seconds: Optional[float]) -> List[str]:
    return [] if seconds is None else ["--time-limit", str(seconds)]


def _input(folder: str, estate: Estate) -> str:
    return _file(folder, "estate.json", estate)


def _rules(folder: str, rules: Sequence[Union[PathLike, Mapping[str, Any]]]) -> List[str]:
    return [part for i, rule in enumerate(rules) for part in ("--rules", _file(folder, f"rule-{i}.json", rule))]


def _file(folder: str, name: str, value: Union[Mapping[str, Any], PathLike]) -> str:
    if not isinstance(value, Mapping):
        return os.fspath(value)
    path = Path(folder) / name
    path.write_text(json.dumps(value, indent=2), encoding="utf-8")
    return str(path)


def _call(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run([program(), *command], capture_output=True, encoding="utf-8", check=False)
    except OSError as error:
        raise ColocateError(_missing(error)) from error


def _missing(error: OSError) -> str:
    return f"`{program()}` cannot be run: {error.strerror}; install colocate, or set COLOCATE to where it is"


def _run(command: Sequence[str]) -> str:
    ran = _call(command)
    if ran.returncode == 0:
        return ran.stdout
    start = ran.stderr.find("[\n")
    try:
        diagnostics = _named(json.loads(ran.stderr[start:])) if start >= 0 else []
    except ValueError:
        diagnostics = []
    said = "\n".join(_text(one) for one in diagnostics) or ran.stderr.strip()
    raise ColocateError(said, diagnostics, ran.returncode)


def _named(diagnostics: List[Diagnostic]) -> List[Diagnostic]:
    """What is written for the program alone is known by its name: the folder is gone by now."""
    for one in diagnostics:
        if "position" in one and os.sep + "colocate-" in one["position"]["file"]:
            one["position"]["file"] = os.path.basename(one["position"]["file"])
    return diagnostics


def _text(one: Diagnostic) -> str:
    more = [f"expected {one['expected']}" if "expected" in one else "", one.get("help", "")]
    at = f" (at {one['pointer']})" if one["pointer"] else ""
    return "; ".join([f"{one['code']}: {one['message']}{at}", *filter(None, more)])
