"""SpamAssassin takes none of the mails for spam: without network and without learning, each scores 0 or less."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.gallery import mails

SPAMASSASSIN = shutil.which("spamassassin")
COMMAND = ("-L", "-t", "-x", "--cf=use_bayes 0", "--cf=dns_available no")

pytestmark = pytest.mark.skipif(SPAMASSASSIN is None, reason="spamassassin is not installed")


@pytest.mark.parametrize("name", mails.by_name())
def test_a_mail_scores_at_most_zero(name: str) -> None:
    assert SPAMASSASSIN
    told = subprocess.run([SPAMASSASSIN, *COMMAND], input=mails.message(name), capture_output=True, check=False)
    report = told.stdout.decode(errors="replace")
    score = re.search(r"^X-Spam-Status: \w+, score=(-?[\d.]+)", report, re.MULTILINE)
    assert score, told.stderr.decode(errors="replace")
    assert float(score.group(1)) <= 0, report[report.find("Content analysis") :]
