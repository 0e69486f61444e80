"""Views: the inputs of the preview templates."""

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
    """The place of a page in the navigation of the preview."""

    root: str  #: start of every URL, with the token
    here: str  #: "issue", "compare", "sample-mails" or "inbox"
    inbox: bool  #: whether there is an inbox


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option of a select element."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class LinkOption:
    """One option that is chosen by a link."""

    link: str
    label: str
    chosen: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class SimulationView:
    """The client that the HTML is shown for."""

    width: int
    widths: tuple[LinkOption, ...]
    schemes: tuple[LinkOption, ...]
    styles: tuple[LinkOption, ...]
    note: str  #: explains the chosen simulation; may be empty


@dataclass(frozen=True, kw_only=True)
class ChooseView:
    """The form that chooses subscriber and papers."""

    query: str  #: of the page
    people: tuple[Option, ...]
    many: bool  #: whether there are more subscribers than the list shows
    papers: tuple[Option, ...]
    date: str  #: ISO date; empty for the next issue


@dataclass(frozen=True, kw_only=True)
class KeywordRow:
    """A keyword row of the form; may be empty."""

    term: str = ""
    weight: str = ""
    exact: bool = False


@dataclass(frozen=True, kw_only=True)
class TuneView:
    """The form that edits the profile."""

    fields: ProfileFields
    rows: tuple[KeywordRow, ...]
    unsaved: bool  #: whether the profile is not stored
    saves_to: str  #: its owner, a file or the store; empty when it cannot be saved
    owner_note: str
    undo: str  #: URL of the page with the saved profile


@dataclass(frozen=True, kw_only=True)
class FaultView:
    """An error in the templates."""

    file: str
    line: int | None
    reason: str
    excerpt: tuple[SourceLine, ...]
    good: str  #: URL of the page with the last templates that worked; empty when none did
    shows_good: bool


@dataclass(frozen=True, kw_only=True)
class MailView:
    """The rendered e-mail."""

    sender: str
    recipient: str
    subject: str
    preheader: str
    frame: str  #: URL of the HTML for the frame; empty when another part is shown
    plain: str  #: text part, header or source
    plain_name: str
    html_size: int  #: bytes
    size: int  #: bytes of the whole message
    limit: int  #: size of the HTML in bytes at which Gmail clips it
    bound: int  #: size in bytes that the renderer keeps within
    download: str


@dataclass(frozen=True, kw_only=True)
class ColumnView:
    """A column of the table of papers."""

    name: str
    label: str
    link: str
    direction: str  #: "ascending" or "descending"; empty when the table is sorted by another column


@dataclass(frozen=True, kw_only=True)
class WhyView:
    """The table of papers."""

    rows: tuple[WhyRow, ...]
    columns: tuple[ColumnView, ...]
    outcomes: tuple[Option, ...]
    q: str
    carried: tuple[tuple[str, str], ...]  #: of the URL, except what the search form sets
    found: int
    total: int
    page: int
    pages: int
    size: int  #: papers on a page
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class ResultView:
    """The e-mail as it would be sent, and the reasons."""

    version: str  #: of the templates
    summary: str
    compare: str  #: URL of the comparison with the saved profile; may be empty
    profile_faults: tuple[str, ...]
    fault: FaultView | None
    skipped: str  #: why no e-mail would be sent
    mail: MailView | None
    parts: tuple[LinkOption, ...]
    simulation: SimulationView
    send_to: str
    test_address: str
    relays: tuple[Option, ...]
    why: WhyView | None


@dataclass(frozen=True, kw_only=True)
class ResultPart(Page):
    """preview/result.html: the part of the workbench that every change updates."""

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
    error: str


@dataclass(frozen=True, kw_only=True)
class PickView:
    """A pick on one side of a comparison."""

    title: str
    match: int | None
    reasons: tuple[Reason, ...]
    only_here: bool
    moved: str  #: how its rank differs from the left side; may be empty


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
    overlap: str
    sides: tuple[SideView, ...]


@dataclass(frozen=True, kw_only=True)
class SampleMailView:
    """One sample mail."""

    version: str  #: of the templates
    name: str
    subject: str
    preheader: str
    size: int  #: bytes of HTML
    fault: FaultView | None
    parts: tuple[LinkOption, ...]
    simulation: SimulationView
    frame: str  #: URL of the HTML for the frame; empty when the text is shown
    plain: str


@dataclass(frozen=True, kw_only=True)
class SampleMailPart(Page):
    """preview/sample_mail.html: the part of the page that changes."""

    template: ClassVar[str] = "preview/sample_mail.html"
    place: Place
    sample: SampleMailView


@dataclass(frozen=True, kw_only=True)
class SampleMailPage(Page):
    """preview/sample_mails.html"""

    template: ClassVar[str] = "preview/sample_mails.html"
    place: Place
    sample: SampleMailView
    every: tuple[LinkOption, ...]


@dataclass(frozen=True, kw_only=True)
class InboxRow:
    """One row of the inbox."""

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
    address: str  #: description of the SMTP server
    mails: tuple[InboxRow, ...]


@dataclass(frozen=True, kw_only=True)
class ReceivedView:
    """An e-mail of the inbox."""

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
    simulation: SimulationView


@dataclass(frozen=True, kw_only=True)
class TroublePage(Page):
    """preview/trouble.html: the requested page cannot be shown."""

    template: ClassVar[str] = "preview/trouble.html"
    place: Place
    reason: str
