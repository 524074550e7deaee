"""The whole examination, and how it is printed."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from ewald.errors import install_extra
from ewald.version import __version__
from workflows.doctor.engines import engines
from workflows.doctor.extras import EXTRAS, extras
from workflows.doctor.finding import Finding, State
from workflows.doctor.installation import installation
from workflows.doctor.services import services


def examine() -> tuple[Finding, ...]:
    """Return everything that was found, in the order in which it is printed."""
    return (*installation(), *engines(), *extras(), *services())


def sound(findings: Iterable[Finding]) -> bool:
    """Return whether IonSieve itself works; what is only missing or not set up does not count."""
    return all(finding.state is not State.BROKEN for finding in findings)


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the lines of the printed examination: one for each finding, and below it what to do."""
    found = tuple(findings)
    width = max(len(finding.name) for finding in found)
    group = ""
    for finding in found:
        if finding.group != group:
            group = finding.group
            yield f"{'' if finding is found[0] else chr(10)}{group}"
        yield f"  {finding.name:{width}}  {finding.state:10}  {finding.detail}"
        fix = _shortened(finding)
        if fix:
            yield f"  {'':{width}}  {'':10}  to do: {fix}"
    yield ""
    if any(finding.group == "extra" and finding.fix for finding in found):
        yield f"to install one of the extras: {install_extra('NAME').partition(': ')[2]}"
    usable = [finding.name for finding in found if finding.group == "engine" and finding.state is State.OK]
    yield f"engines that can start here: {', '.join(usable) or 'none'}"
    if sound(found):
        yield "IonSieve itself is installed correctly; a missing part is needed only for the purpose given on its line"
    else:
        yield "The installation of IonSieve is broken: see the lines marked broken"


def _shortened(finding: Finding) -> str:
    """Return what to do in a few words: how an extra is installed is said once, below everything."""
    if finding.group == "extra":
        return ""
    fix = finding.fix
    for name, *_ in EXTRAS:
        fix = fix.replace(install_extra(name), f"install the extra {name}")
    return fix


def document(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return what `--json` prints."""
    found = tuple(findings)
    return {
        "version": __version__,
        "sound": sound(found),
        "findings": [dataclasses.asdict(finding) for finding in found],
    }
