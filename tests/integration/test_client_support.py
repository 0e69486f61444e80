"""What caniemail.com says of our mails: the pairs of feature and client without support may only grow fewer.

The data is that of the npm package `caniemail`; PAPER_DIGEST_NODE_MODULES names the folder that it is installed in:

    npm install --no-save --prefix FOLDER caniemail@1.0.5        (then FOLDER/node_modules)

A pair is no fault by itself: what it names must be a grace that the mail can do without. When pairs went away, write
the baseline anew with `python -m tests.integration.test_client_support`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.gallery import mails

NODE = shutil.which("node")
MODULES = Path(os.environ.get("PAPER_DIGEST_NODE_MODULES", Path(__file__).parents[2] / "node_modules"))
SCRIPT = Path(__file__).parents[1] / "gallery" / "caniemail.mjs"
BASELINE = Path(__file__).parents[1] / "data" / "client_support.json"


@pytest.mark.skipif(NODE is None or not (MODULES / "caniemail").is_dir(), reason="no caniemail: npm package not found")
def test_no_feature_without_support_was_added() -> None:
    known, found = set(json.loads(BASELINE.read_text())), set(unsupported())
    assert found - known == set()
    assert known - found == set(), "fewer than in the baseline: write it anew"


def unsupported() -> list[str]:
    """Return "feature | client" for everything that some client does not support."""
    assert NODE
    given = json.dumps({name: mails.rendered(name).html for name in mails.by_name()}).encode()
    told = subprocess.run([NODE, SCRIPT, MODULES], input=given, capture_output=True, check=True)
    pairs: list[str] = json.loads(told.stdout)
    return pairs


if __name__ == "__main__":
    BASELINE.write_text(json.dumps(unsupported(), indent=0, ensure_ascii=False) + "\n")
