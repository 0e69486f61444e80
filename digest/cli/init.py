"""`digest init`: a first digest.toml and a first profile."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.invocation import Invocation, command
from digest.errors import UsageError
from digest.fetching.profile_folder import write_new_file

SETTINGS = """\
# Settings of the paper digest. docs/reference/settings.md lists all of them; what is commented out shows the default.
# Any of them can be given as DIGEST_SECTION__KEY in the environment. Paths are relative to this file.

[store]
# The database: a file next to this one, or a PostgreSQL server.
url = "sqlite:///digest.db"
# url = "postgresql+psycopg://digest@localhost/digest"

[sender]
name = "Paper Digest"
# The address in From; its domain should have SPF, DKIM and DMARC records (`digest doctor` looks).
address = "digest@example.org"
# Your postal address stands in the footer of every mail; many countries ask for it.
postal = "Example Research Digest, 1 Sample Street, 10115 Berlin"

[smtp]
# The relay that takes your mail. The password is better kept out of this file: set DIGEST_SMTP__PASSWORD, or put it
# into a secret file named digest_smtp__password.
host = "localhost"
port = 25
tls = "starttls"  # starttls, tls or none
user = ""

[web]
# Where `digest serve` is reached from outside; the links in the mails begin with it. Empty: no web links, and people
# unsubscribe by mail.
url = ""

[subscribers]
# One TOML file per subscriber; `digest subscribers sync` follows them.
folder = "subscribers"

# Where listings come from: as many sources as you like, each a folder, an address or a preset.
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
# One file per subscriber. Mend it and run `digest subscribers sync`.
# Whoever writes a file here vouches that the person wants the digest.
address = "you@example.com"
name = "You"

# The issue comes at this hour, where you live, on these days.
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
# People whose papers are always of interest.
authors = []
# Papers that match less than this (0 to 100) are left out, however few remain.
minimum_match = 30
# The most papers in one issue.
papers = 10
"""


@command(reports=True)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
def init(invocation: Invocation, folder: Path) -> None:
    """Write a commented digest.toml and a first profile.

    Into FOLDER, the current one without it. What is there already is left as it is.
    """
    files = {folder / "digest.toml": SETTINGS, folder / "subscribers" / "you.toml": PROFILE}
    present = [str(file) for file in files if file.exists()]
    if present:
        raise UsageError(f"{' and '.join(present)} exist already and are left as they are; nothing was written")
    for file, text in files.items():
        write_new_file(file, text)
    (folder / "listings").mkdir(exist_ok=True)
    invocation.show({"files": [str(file) for file in files]}, _text(folder, list(files)))


def _text(folder: Path, files: list[Path]) -> str:
    there = "" if folder == Path() else f"cd {folder} && "
    return "\n".join(
        [
            *(f"written: {file}" for file in files),
            "",
            "Next: mend both, put a saved listing into listings/, then",
            f"  {there}digest subscribers sync && digest run",
        ]
    )
