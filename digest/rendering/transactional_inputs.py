"""What the templates of the single mails are given: one documented dataclass a template."""

from __future__ import annotations

from dataclasses import dataclass

from digest.rendering.encoded_text import slot
from digest.rendering.inputs import Masthead
from digest.rendering.theme import Theme


@dataclass(frozen=True, kw_only=True)
class TransactionalInput:
    """What every single mail is given."""

    masthead: Masthead
    theme: Theme
    language: str = "en"
    subject: str
    preheader: str  #: what an inbox shows beside the subject
    heading: str
    lead: str = ""  #: one line below the heading


@dataclass(frozen=True, kw_only=True)
class ConfirmInput(TransactionalInput):
    """mail/confirm.mjml and mail/confirm.txt: asks whoever has the address to confirm. Nothing that the requester
    typed stands in it."""

    link: str  #: URL of the page with the button
    hours: int  #: how long the link works
    group: str = ""  #: name of the group that invites; empty for a sign-up


@dataclass(frozen=True, kw_only=True)
class ManageInput(TransactionalInput):
    """mail/manage.mjml and mail/manage.txt: the link to change a subscription."""

    link: str  #: URL
    hours: int  #: how long the link works


@dataclass(frozen=True, kw_only=True)
class WelcomeInput(TransactionalInput):
    """mail/welcome.mjml and mail/welcome.txt: what will come, and a first preview."""

    web: bool  #: whether there are web pages to link to
    address: str  #: the reader's own
    first_issue: str  #: the day on which it comes: "Friday, 14 March"; empty when that is not known
    keywords: tuple[str, ...]
    unsubscribe: str  #: URL
    manage: str  #: URL; empty without web pages, as the next two
    pause: str  #: URL; may be empty
    view: str  #: URL; may be empty
    body: str = slot("body")  #: the preview: sections, cards and rows; may be empty


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of a table of figures."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class ReportInput(TransactionalInput):
    """mail/report.mjml and mail/report.txt: what a run did, for the operator."""

    deliveries: tuple[Figure, ...]  #: sent, deferred, failed and so on
    skipped: tuple[Figure, ...]  #: reason, and how many subscribers
    listings: tuple[Figure, ...]  #: origin, and how many papers
    problems: tuple[str, ...]  #: sentences
