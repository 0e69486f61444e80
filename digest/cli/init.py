"""`digest init`: a first digest.toml and a first profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from digest.cli.invocation import Invocation, command
from digest.errors import UsageError
from digest.fetching.profile_folder import write_new_file

SETTINGS = """\
# Settings of the paper digest. docs/reference/settings.md lists all of them. Each can also be set as
# DIGEST_SECTION__KEY in the environment. Paths are relative to this file.

[store]
# The database: a file next to this one, or a PostgreSQL server.
url = "sqlite:///digest.db"
# url = "postgresql+psycopg://digest@localhost/digest"

[sender]
name = "Paper Digest"
# The address in From; its domain should have SPF, DKIM and DMARC records (`digest doctor` checks them).
address = "digest@example.org"
# Your postal address appears in the footer of every e-mail; many countries require it.
postal = "Example Research Digest, 1 Sample Street, 10115 Berlin"

[smtp]
# The relay that sends your e-mail. Keep the password out of this file: set DIGEST_SMTP__PASSWORD, or use a secret
# file named digest_smtp__password.
host = "localhost"
port = 25
tls = "starttls"  # starttls, tls or none
user = ""

[web]
# The public URL of `digest serve`; the links in the e-mails start with it. Empty: no web links, and people
# unsubscribe by e-mail.
url = ""

[bounces]
# The mailbox of the sender's address: requests to unsubscribe by e-mail, and messages that came back. `digest run` and
# `digest serve` read it; without it, nobody can unsubscribe by e-mail. Either a Maildir on this machine, or IMAP with
# the password in DIGEST_BOUNCES__IMAP_PASSWORD.
maildir = ""
imap_host = ""
imap_user = ""

[subscribers]
# One TOML file per subscriber; `digest subscribers sync` loads them.
folder = "subscribers"

# Where listings come from: any number of sources, each a folder, a URL or a preset.
[[sources]]
name = "saved-pages"
path = "listings/"

# [[sources]]
# name = "arxiv"
# preset = "arxiv:cs.CL+cs.LG"

# [[sources]]
# name = "journal"
# url = "https://example.org/feed.xml"
"""

PROFILE = """\
# One file per subscriber. Edit it and run `digest subscribers sync`.
# By adding a file here you confirm that the person wants the digest.
address = "you@example.com"
name = "You"

# The issue is sent at this local time, on these days.
timezone = "UTC"
hour = "07:00"
days = ["mon", "tue", "wed", "thu", "fri"]

[profile]
# Words and phrases; weight 2 counts double, 1 is the default.
keywords = [
  { term = "hyperparameter optimization", weight = 2 },
  { term = "learning rate" },
]
# A paper with one of these is never picked.
exclude = ["federated learning"]
# Authors whose papers always match.
authors = []
# Papers with a lower match (0 to 100) are left out.
minimum_match = 30
# Maximum number of papers in one issue.
papers = 10
"""


@command(reports=True)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
def init(invocation: Invocation, folder: Path) -> None:
    """Write a commented digest.toml and a first profile, and create the store.

    Writes into FOLDER, or the current folder. Existing files are not changed.
    """
    files = {folder / "digest.toml": SETTINGS, folder / "subscribers" / "you.toml": PROFILE}
    present = [str(file) for file in files if file.exists()]
    if present:
        raise UsageError(f"{' and '.join(present)} already exist; nothing was written")
    for file, text in files.items():
        write_new_file(file, text)
    (folder / "listings").mkdir(exist_ok=True)
    with replace(invocation, config=folder / "digest.toml").store(create=True) as store:
        address = store.address
    invocation.show({"files": [str(file) for file in files], "store": address}, _text(folder, list(files), address))


def _text(folder: Path, files: list[Path], store: str) -> str:
    there = "" if folder == Path() else f"cd {folder} && "
    return "\n".join(
        [
            *(f"written: {file}" for file in files),
            f"created: {store}",
            "",
            "Next: edit both files, put a saved listing into listings/, then run",
            f"  {there}digest subscribers sync && digest run",
        ]
    )
