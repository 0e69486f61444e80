"""`digest render`: write one subscriber's issue to files."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.invocation import Invocation, command
from digest.cli.renderer import load_renderer
from digest.errors import DigestError
from digest.fetching.output_files import write_files
from digest.runs.issues.render import NothingToRender
from digest.runs.issues.render import render as run_render


@command(reports=True)
@click.argument("email")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for the files; created if missing.",
)
def render(invocation: Invocation, email: str, out: Path) -> None:
    """Write one subscriber's issue to files.

    Writes issue.eml, issue.html and issue.txt: the bytes that a run would send, except that the links do nothing. When
    nothing is new for the subscriber, writes their last issue again. Nothing is sent or recorded.
    """
    renderer = load_renderer(invocation.settings)
    with invocation.store() as store:
        made = run_render(store, invocation.settings, renderer, email, invocation.now)
    if isinstance(made, NothingToRender):
        raise DigestError(f"there is no issue for {email}: {made.reason}")
    contents = {
        "issue.eml": made.message.data,
        "issue.html": made.rendering.html.encode(),
        "issue.txt": made.rendering.text.encode(),
    }
    files = [str(file) for file in write_files(out, contents)]
    document = {"subscriber": made.subscriber.address, "subject": made.rendering.subject, "files": files}
    repeated = "nothing is new; this is the last issue again\n" if made.repeats else ""
    text = f"{repeated}{made.rendering.subject}\n" + "\n".join(f"written: {file}" for file in files)
    invocation.show(document | {"repeats": made.repeats}, text)
