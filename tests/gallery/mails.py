"""The sample mails as messages, with the sender of the gallery."""

from __future__ import annotations

from functools import cache

from digest.fetching.templates import load_templates
from digest.messages import Envelope, compose
from digest.rendering import MailRenderer, Masthead, Rendering
from digest.rendering.sample_mails import NOW, WEB, SampleMail, sample_mails

MASTHEAD = Masthead(
    name="Paper Digest",
    address="digest@example.org",
    postal="Example Research Digest, 1 Sample Street, 10115 Berlin",
)


@cache
def renderer() -> MailRenderer:
    """The renderer with the shipped templates."""
    return MailRenderer.load(load_templates(), MASTHEAD)


@cache
def by_name() -> dict[str, SampleMail]:
    """All sample mails by name."""
    return {sample.name: sample for sample in sample_mails(load_templates())}


@cache
def rendered(name: str) -> Rendering:
    """One sample mail, rendered."""
    return by_name()[name].render(renderer())


def message(name: str) -> bytes:
    """One sample mail as a message."""
    issue, web = by_name()[name].issue, name != "without-web"
    envelope = Envelope(
        sender_name=MASTHEAD.name,
        sender_address=MASTHEAD.address,
        bounces=f"digest+{'b' * 48}@example.org",
        recipient="ada@example.com",
        recipient_name="Ada",
        date=NOW,
        message_id=f"{name}@example.org",
        list_id="digest.example.org" if issue else "",
        unsubscribe_url=f"{WEB}/u/{'U' * 40}" if issue and web else "",
        unsubscribe_mailto=f"mailto:digest+{'a' * 48}@example.org?subject=unsubscribe" if issue else "",
        feedback_id="20250313:daily:issue:paperdigest" if issue else "",
    )
    return compose(rendered(name), envelope).data
