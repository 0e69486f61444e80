"""The inputs of the templates of transactional mail: one documented dataclass per template."""

from __future__ import annotations

from dataclasses import dataclass

from digest.rendering.encoded_text import slot
from digest.rendering.inputs import Masthead
from digest.rendering.theme import Theme


@dataclass(frozen=True, kw_only=True)
class TransactionalInput:
    """The input that all transactional mail shares."""

    masthead: Masthead
    theme: Theme
    language: str = "en"
    subject: str
    preheader: str  #: the text that an inbox shows next to the subject
    heading: str
    lead: str = ""  #: one line below the heading


@dataclass(frozen=True, kw_only=True)
class ConfirmInput(TransactionalInput):
    """mail/confirm.mjml and mail/confirm.txt: asks the owner of the address to confirm. It repeats nothing that
    the requester typed."""

    link: str  #: URL of the page with the button
    hours: int  #: how long the link works
    group: str = ""  #: name of the group that invites; empty for a sign-up


@dataclass(frozen=True, kw_only=True)
class ManageInput(TransactionalInput):
    """mail/manage.mjml and mail/manage.txt: the link to manage a subscription."""

    link: str  #: URL
    hours: int  #: how long the link works


@dataclass(frozen=True, kw_only=True)
class WelcomeInput(TransactionalInput):
    """mail/welcome.mjml and mail/welcome.txt: what to expect, and a sample issue."""

    web: bool  #: whether there are web pages to link to
    address: str  #: the reader's own
    first_issue: str  #: its day: "Friday, 14 March"; empty if unknown
    keywords: tuple[str, ...]
    unsubscribe: str  #: URL
    manage: str  #: URL; empty without web pages, like `pause` and `view`
    pause: str  #: URL; may be empty
    view: str  #: URL; may be empty
    body: str = slot("body")  #: the sample issue: sections, cards and rows; may be empty


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of a table of figures."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class ReportInput(TransactionalInput):
    """mail/report.mjml and mail/report.txt: the results of a run, for the operator."""

    deliveries: tuple[Figure, ...]  #: sent, deferred, failed and other states
    skipped: tuple[Figure, ...]  #: reason and number of subscribers
    listings: tuple[Figure, ...]  #: origin and number of papers
    problems: tuple[str, ...]  #: sentences
