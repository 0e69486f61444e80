"""The whole run on both databases, over real SMTP: listings in, one issue a subscriber out, nothing twice."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from digest.errors import UsageError
from digest.fetching.templates import load_templates
from digest.inbox import Inbox
from digest.issues import SkipReason
from digest.rendering import MailRenderer
from digest.runs.delivery.deliver import hold, release
from digest.runs.issues.compose import masthead
from digest.runs.pipeline.run import RunOptions, RunReport, run
from digest.settings import BouncesSettings, Settings, SmtpSettings, SourceSettings
from digest.storage import Store
from digest.storage.delivery import runs
from tests.unit.runs.samples import DAY, DUE, GRAPHS, MONDAY, SETTINGS, SPEECH, TUNING

TOML = """\
address = "{name}@example.com"
hour = "07:00"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
[profile]
keywords = [{terms}]
minimum_match = 1
"""


def page(titles: Sequence[str]) -> str:
    """Return a saved page in the dense layout."""
    head = "Get trending papers in your email inbox once a day!\nGet trending papers in your email inbox!\nSubscribe"
    return head + "\n".join(f"{title}\n{_abstract(title)}" for title in titles) + "\n"


def _abstract(title: str) -> str:
    return f"{title} is what this sample is about. " + f"We study {title.lower()} with care and report what helps. " * 4


class Digest:
    """One installation with a folder of listings, profile files and an embedded SMTP server."""

    def __init__(self, store: Store, folder: Path, inbox: Inbox) -> None:
        self.store, self.folder, self.inbox = store, folder, inbox
        (folder / "listings").mkdir()
        smtp = SmtpSettings(host="127.0.0.1", port=inbox.port, tls="none")
        source = SourceSettings(name="pages", path="listings")
        self.settings: Settings = SETTINGS.model_copy(update={"smtp": smtp, "sources": (source,)})
        self.renderer = MailRenderer.load(load_templates(), masthead(self.settings.sender))
        self.files: dict[str, bytes] = {}

    def want(self, name: str, *terms: str) -> None:
        quoted = ", ".join(f'"{term}"' for term in terms)
        self.files[f"{name}.toml"] = TOML.format(name=name, terms=quoted).encode()

    def publish(self, name: str, *titles: str) -> None:
        (self.folder / "listings" / f"{name}.txt").write_text(page(titles), encoding="utf-8")

    def run(self, now=DUE, **options: object) -> RunReport:  # type: ignore[no-untyped-def]
        chosen = RunOptions(folder=self.folder, files=self.files, **options)  # type: ignore[arg-type]
        return run(self.store, self.settings, self.renderer, now, chosen)

    def mails(self) -> dict[str, list[EmailMessage]]:
        found: dict[str, list[EmailMessage]] = {}
        for mail in self.inbox.mails():
            message = email.message_from_bytes(mail.data, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            found.setdefault(mail.recipients[0], []).append(message)
        return found


@pytest.fixture
def digest(store: Store, tmp_path: Path):  # type: ignore[no-untyped-def]
    with Inbox(tmp_path / "inbox") as inbox:
        yield Digest(store, tmp_path, inbox)


def test_everyone_who_is_due_gets_one_issue_and_a_second_run_sends_nothing(digest: Digest) -> None:
    digest.want("ada", "hyperparameter optimization")
    digest.want("bob", "graph neural networks")
    digest.want("eve", "beekeeping")
    digest.run(MONDAY)
    digest.publish("monday", TUNING, GRAPHS, SPEECH)
    first, second = digest.run(), digest.run()
    assert (first.ingested.papers_new, first.planned.planned, first.delivered.sent) == (3, 2, 2)
    assert first.planned.skipped == {SkipReason.NOTHING_WORTH_SENDING.value: 1}
    assert (second.ingested.papers_new, second.planned.planned, second.delivered.sent) == (0, 0, 0)
    mails = digest.mails()
    assert sorted(mails) == ["ada@example.com", "bob@example.com"]
    [to_ada] = mails["ada@example.com"]
    body = to_ada.get_body(("plain",))
    assert body is not None
    assert TUNING in " ".join(body.get_content().split())
    assert not to_ada.defects


def test_the_report_has_the_agreed_keys(digest: Digest) -> None:
    digest.want("ada", "hyperparameter optimization")
    digest.run(MONDAY)
    digest.publish("monday", TUNING)
    report = digest.run().as_dict()
    wanted = {"ingest", "planned", "sent", "skipped", "deferred", "failed", "unknown"}
    assert wanted <= report.keys()
    assert {"listings", "papers_new"} <= report["ingest"].keys()
    with digest.store.reading() as tx:
        assert next((record.kind, record.report) for record in runs.recent(tx)) == ("run", report)


def test_a_paper_is_not_sent_again_when_another_page_shows_it(digest: Digest) -> None:
    digest.want("ada", "hyperparameter optimization", "speech recognition")
    digest.run(MONDAY)
    digest.publish("monday", TUNING)
    digest.run()
    digest.publish("tuesday", TUNING, SPEECH)
    digest.run(DUE + DAY)
    [first, second] = digest.mails()["ada@example.com"]
    assert TUNING in str(first["Subject"])
    assert SPEECH in str(second["Subject"])
    assert TUNING not in second.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_run_acts_on_a_mail_to_unsubscribe_before_it_plans(digest: Digest, tmp_path: Path) -> None:
    box = tmp_path / "bounces" / "new"
    box.mkdir(parents=True)
    digest.settings = digest.settings.model_copy(update={"bounces": BouncesSettings(maildir=str(box.parent))})
    digest.want("ada", "hyperparameter optimization", "speech recognition")
    digest.run(MONDAY)
    digest.publish("monday", TUNING)
    digest.run()
    wish = str(digest.mails()["ada@example.com"][0]["List-Unsubscribe"]).partition("mailto:")[2].partition("?")[0]
    (box / "1").write_text(f"From: ada@example.com\nTo: {wish}\nSubject: unsubscribe\n\n")
    digest.publish("tuesday", SPEECH)
    digest.run(DUE + DAY)
    assert len(digest.mails()["ada@example.com"]) == 1
    assert not list(box.iterdir())


def test_a_mailbox_that_cannot_be_read_is_named_and_keeps_no_issue_back(digest: Digest, tmp_path: Path) -> None:
    digest.settings = digest.settings.model_copy(update={"bounces": BouncesSettings(maildir=str(tmp_path / "none"))})
    digest.want("ada", "hyperparameter optimization")
    digest.run(MONDAY)
    digest.publish("monday", TUNING)
    report = digest.run()
    assert report.delivered.sent == 1
    assert any("is not a Maildir" in problem for problem in report.problems)


def test_a_dry_run_says_what_would_be_planned_and_changes_nothing(digest: Digest) -> None:
    digest.want("ada", "hyperparameter optimization")
    digest.publish("monday", TUNING)
    digest.run(MONDAY)
    report = digest.run(dry_run=True)
    assert (report.planned.planned, digest.mails()) == (1, {})
    assert digest.run().delivered.sent == 1


def test_one_subscriber_can_be_sent_theirs_now(digest: Digest) -> None:
    digest.want("ada", "hyperparameter optimization")
    digest.want("bob", "hyperparameter optimization")
    digest.publish("monday", TUNING)
    report = digest.run(MONDAY, only="bob@example.com")
    assert report.delivered.sent == 1
    assert list(digest.mails()) == ["bob@example.com"]
    with pytest.raises(UsageError, match="no subscriber has this address"):
        digest.run(MONDAY, only="zoe@example.com")


def test_a_listing_that_cannot_be_read_and_a_faulty_profile_stop_nobody(digest: Digest) -> None:
    digest.want("ada", "hyperparameter optimization")
    digest.files["broken.toml"] = b'address = "not an address"\n'
    digest.run(MONDAY)
    digest.publish("monday", TUNING)
    (digest.folder / "listings" / "rubbish.txt").write_bytes(bytes(range(256)) * 20)
    report = digest.run()
    assert report.delivered.sent == 1
    assert any("rubbish.txt" in problem for problem in report.problems)
    assert any("broken.toml" in problem for problem in report.problems)


def test_with_the_relay_down_nothing_is_lost_and_the_next_run_delivers(digest: Digest) -> None:
    digest.want("ada", "hyperparameter optimization")
    digest.run(MONDAY)
    digest.publish("monday", TUNING)
    working = digest.settings
    digest.settings = working.model_copy(update={"smtp": SmtpSettings(host="127.0.0.1", port=1, tls="none")})
    assert digest.run().is_partly_sent
    digest.settings = working
    assert digest.run(DUE + timedelta(minutes=30)).delivered.sent == 1


def test_while_mail_is_held_a_run_plans_and_sends_nothing(digest: Digest) -> None:
    digest.want("ada", "hyperparameter optimization")
    digest.run(MONDAY)
    digest.publish("monday", TUNING)
    hold(digest.store, "the links are wrong")
    held = digest.run()
    assert (held.planned.planned, held.delivered.sent, held.is_partly_sent) == (1, 0, True)
    assert "held: the links are wrong" in held.problems
    assert not digest.mails()
    release(digest.store)
    assert digest.run(DUE + timedelta(minutes=30)).delivered.sent == 1
