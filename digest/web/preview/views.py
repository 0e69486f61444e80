"""Views: what the templates of the preview are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from digest.issues import Reason
from digest.profiles import Keyword
from digest.web.forms import ProfileFields
from digest.web.pages import Page
from digest.web.preview.explanations import WhyRow
from digest.web.preview.template_reload import SourceLine


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page of the preview stands."""

    root: str  #: the beginning of every address, with the token
    here: str  #: "issue", "compare", "specimens" or "inbox"
    inbox: bool  #: whether there is an inbox


@dataclass(frozen=True, kw_only=True)
class Option:
    """One of several that can be chosen in a form."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class LinkOption:
    """One of several that can be chosen by a link."""

    link: str
    label: str
    chosen: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class LooksView:
    """As which client the HTML is shown."""

    width: int
    widths: tuple[LinkOption, ...]
    schemes: tuple[LinkOption, ...]
    styles: tuple[LinkOption, ...]
    note: str  #: what the chosen look stands for; may be empty


@dataclass(frozen=True, kw_only=True)
class ChooseView:
    """Whose issue, and from which papers."""

    query: str  #: of the page's address
    people: tuple[Option, ...]
    many: bool  #: there are more people than the list has
    papers: tuple[Option, ...]
    date: str  #: ISO date; empty for the next issue


@dataclass(frozen=True, kw_only=True)
class KeywordRow:
    """A keyword in the form; an empty one is there to be filled."""

    term: str = ""
    weight: str = ""
    exact: bool = False


@dataclass(frozen=True, kw_only=True)
class TuneView:
    """The profile in the form."""

    fields: ProfileFields
    rows: tuple[KeywordRow, ...]
    unsaved: bool  #: nobody has this profile yet
    saves_to: str  #: where it is owned: a file, the store; empty where it cannot be saved
    owner_note: str
    undo: str  #: address of the page with the saved profile


@dataclass(frozen=True, kw_only=True)
class FaultView:
    """What is wrong with the templates."""

    file: str
    line: int | None
    reason: str
    excerpt: tuple[SourceLine, ...]
    good: str  #: address of the page in the templates as they last worked; empty when they never did
    shows_good: bool


@dataclass(frozen=True, kw_only=True)
class MailView:
    """The mail."""

    sender: str
    recipient: str
    subject: str
    preheader: str
    frame: str  #: address of the HTML for the frame; empty where something else is shown
    plain: str  #: text part, header or source
    plain_name: str
    html_size: int  #: octets
    size: int  #: octets of the whole message
    limit: int  #: octets of HTML from which on Gmail cuts it off
    bound: int  #: octets that the press keeps within
    download: str


@dataclass(frozen=True, kw_only=True)
class ColumnView:
    """A column of the table of papers."""

    name: str
    label: str
    link: str
    direction: str  #: "ascending", "descending"; empty where the table is sorted by another


@dataclass(frozen=True, kw_only=True)
class WhyView:
    """The table of papers."""

    rows: tuple[WhyRow, ...]
    columns: tuple[ColumnView, ...]
    outcomes: tuple[Option, ...]
    q: str
    carried: tuple[tuple[str, str], ...]  #: of the address, less what the search decides
    found: int
    total: int
    page: int
    pages: int
    size: int  #: papers on a page
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class ResultView:
    """The mail as it would be sent, and why."""

    version: str  #: of the templates
    summary: str
    compare: str  #: address of the comparison with the saved profile; empty where there is nothing to compare
    profile_faults: tuple[str, ...]
    fault: FaultView | None
    skipped: str  #: why no mail would be sent
    mail: MailView | None
    parts: tuple[LinkOption, ...]
    looks: LooksView
    send_to: str
    test_address: str
    relays: tuple[Option, ...]
    why: WhyView | None


@dataclass(frozen=True, kw_only=True)
class ResultPart(Page):
    """preview/result.html: the part of the workbench that changes with every change."""

    template: ClassVar[str] = "preview/result.html"
    place: Place
    result: ResultView


@dataclass(frozen=True, kw_only=True)
class WorkbenchPage(Page):
    """preview/workbench.html"""

    template: ClassVar[str] = "preview/workbench.html"
    place: Place
    choose: ChooseView
    tune: TuneView
    result: ResultView
    notice: str
    complaint: str


@dataclass(frozen=True, kw_only=True)
class PickView:
    """A pick on one side of a comparison."""

    title: str
    match: int | None
    reasons: tuple[Reason, ...]
    only_here: bool
    moved: str  #: how its place differs from that on the left; empty on the left, and where it does not


@dataclass(frozen=True, kw_only=True)
class SideView:
    """One side of a comparison."""

    name: str
    keywords: tuple[Keyword, ...]
    summary: str
    picks: tuple[PickView, ...]


@dataclass(frozen=True, kw_only=True)
class ComparePage(Page):
    """preview/compare.html"""

    template: ClassVar[str] = "preview/compare.html"
    place: Place
    lefts: tuple[Option, ...]
    rights: tuple[Option, ...]
    papers: tuple[Option, ...]
    verdict: str
    sides: tuple[SideView, ...]


@dataclass(frozen=True, kw_only=True)
class SpecimenView:
    """One specimen."""

    version: str  #: of the templates
    name: str
    subject: str
    preheader: str
    size: int  #: octets of HTML
    fault: FaultView | None
    parts: tuple[LinkOption, ...]
    looks: LooksView
    frame: str  #: address of the HTML for the frame; empty where the text is shown
    plain: str


@dataclass(frozen=True, kw_only=True)
class SpecimenPart(Page):
    """preview/specimen.html: the part of the page that changes."""

    template: ClassVar[str] = "preview/specimen.html"
    place: Place
    specimen: SpecimenView


@dataclass(frozen=True, kw_only=True)
class SpecimenPage(Page):
    """preview/specimens.html"""

    template: ClassVar[str] = "preview/specimens.html"
    place: Place
    specimen: SpecimenView
    every: tuple[LinkOption, ...]


@dataclass(frozen=True, kw_only=True)
class InboxRow:
    """A mail in the list."""

    link: str
    subject: str
    sender: str
    recipient: str
    at: object  #: aware datetime
    size: int


@dataclass(frozen=True, kw_only=True)
class InboxPage(Page):
    """preview/inbox.html"""

    template: ClassVar[str] = "preview/inbox.html"
    place: Place
    address: str  #: of the SMTP server, in words
    mails: tuple[InboxRow, ...]


@dataclass(frozen=True, kw_only=True)
class ReceivedView:
    """A mail of the inbox."""

    subject: str
    sender: str  #: of the envelope
    recipient: str
    header: tuple[tuple[str, str], ...]
    defects: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MailPage(Page):
    """preview/mail.html"""

    template: ClassVar[str] = "preview/mail.html"
    place: Place
    mail: ReceivedView
    parts_shown: tuple[LinkOption, ...]
    frame_link: str
    plain: str
    looks: LooksView


@dataclass(frozen=True, kw_only=True)
class TroublePage(Page):
    """preview/trouble.html: something that was asked for cannot be shown."""

    template: ClassVar[str] = "preview/trouble.html"
    place: Place
    reason: str
