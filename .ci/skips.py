"""Summarise a JUnit report, and fail when a test was skipped that should have run.

skips.py REPORT.xml
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

# Reasons for which a test may be skipped in an unattended run, and why that is acceptable.
CAPTURES = Path(__file__).resolve().parents[2] / "shared"
MAY_BE_MISSING = {
    "no model: pip install": "the semantic extra needs a gigabyte of packages, which not every mirror has",
    "no vectors of the long collections": "a model needs many minutes for them; the short ones run",
    "no bounce corpus": "the source of flufl.bounce comes from a mirror that may be out of reach",
    "no real captures": "the captures are not part of the project",
    "Exim": "its package conflicts with that of Postfix; without Exim, Postfix is tested alone",
    "Exim is not installed": "it can only be unpacked beside Postfix, from a mirror that may be out of reach",
    "Exim does not start here": "it needs a mount namespace",
    "can only be started by root": "mail servers change their account",
    "no caniemail": "the tests do not install Node.js; where npm exists, .ci/run installs caniemail",
}


def skipped(report: Path) -> Counter[str]:
    """Return the reasons for skipped tests, with their counts; expected failures are not skips."""
    found = ET.parse(report).getroot().iter("skipped")
    return Counter(one.get("message", "") for one in found if one.get("type") != "pytest.xfail")


def allowed(reason: str) -> bool:
    """Return whether a test may be skipped for this reason; missing captures only where none are beside the clone."""
    known = [start for start in MAY_BE_MISSING if start in reason]
    return bool(known) and not (known == ["no real captures"] and CAPTURES.is_dir())


def main(report: Path) -> int:
    """Return the exit code: 1 when a test was skipped that should have run."""
    reasons = skipped(report)
    tests = sum(int(suite.get("tests", 0)) for suite in ET.parse(report).getroot().iter("testsuite"))
    print(f"== {tests} tests, {reasons.total()} skipped")
    for reason, count in reasons.most_common():
        print(f"   {'may be skipped' if allowed(reason) else 'SHOULD HAVE RUN'}: {count} x {reason}")
    return int(any(not allowed(reason) for reason in reasons))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
