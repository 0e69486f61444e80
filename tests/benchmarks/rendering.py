"""python -m tests.benchmarks.rendering: the cost of one subscriber's message, compared with the plain way.

Both ways render the same parts of the same issue from the same templates. Rounds are interleaved. Each figure is the
median over the rounds of processor time, which other load on the machine affects least.
"""

from __future__ import annotations

import email
import email.policy
import gc
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.message import EmailMessage
from statistics import median
from time import process_time

from digest.fetching.templates import load_templates
from digest.issues import Issue
from digest.messages import Envelope
from digest.messages import compose as message_of
from digest.papers import Paper
from digest.rendering import Addressee, IssueLinks, MailRenderer
from digest.rendering.sample_mails import NOW, issue_of, sample_papers
from digest.rendering.templates import Templates
from digest.rendering.theme import read_theme
from digest.runs.issues.compose import Composer, masthead
from digest.settings import SenderSettings, Settings, WebSettings
from digest.signed_links import Keyring
from digest.subscribers import Subscription
from tests.benchmarks.plain_mail import PlainRenderer

PICKS = 12
ROUNDS = 9
SENDER = SenderSettings(postal="Example Research Digest, 1 Sample Street, 10115 Berlin")
SETTINGS = Settings(sender=SENDER, web=WebSettings(url="https://digest.example.org"))
KEYRING = Keyring((b"k" * 32,))
READER = Addressee(address="ada@example.com", name="Ada")
SUBSCRIPTION = Subscription(address=READER.address, name=READER.name)
ENVELOPE = Envelope(
    sender_name=SENDER.name,
    sender_address=SENDER.address,
    bounces="digest+token@example.org",
    recipient=READER.address,
    date=NOW,
    message_id="1@example.org",
    list_id="digest.example.org",
    unsubscribe_url="https://digest.example.org/u/token",
    unsubscribe_mailto="mailto:digest+token@example.org?subject=unsubscribe",
)


@dataclass(frozen=True)
class Bench:
    """One issue, and both ways to make its mail."""

    issue: Issue
    papers: dict[int, Paper]
    renderer: MailRenderer
    plain: PlainRenderer

    @property
    def links(self) -> IssueLinks:
        return self.composer.links(self.issue, 1)

    @property
    def composer(self) -> Composer:
        return Composer(renderer=self.renderer, keyring=KEYRING, settings=SETTINGS)

    def joined_mail(self, links: IssueLinks) -> tuple[str, str, bytes]:
        """HTML, text and message as the program makes them."""
        rendering = self.renderer.issue(self.issue, self.papers, READER, links)
        return rendering.html, rendering.text, message_of(rendering, ENVELOPE).data

    def plain_mail(self, links: IssueLinks) -> tuple[str, str, bytes]:
        """HTML, text and message made the plain way."""
        return self.plain.mail(self.issue, self.papers, links, READER.address)

    def whole_mail(self) -> bytes:
        """The message from issue and keys, with its links signed."""
        return self.composer.message(self.issue, 1, SUBSCRIPTION, self.papers).data


def bench() -> Bench:
    """Return an issue of twelve picks."""
    texts = load_templates()
    samples = sample_papers(texts)
    papers = [replace(samples[place % len(samples)], number=place + 1) for place in range(PICKS)]
    theme = read_theme(texts["theme/default.toml"], "theme/default.toml")
    return Bench(
        issue=issue_of(papers),
        papers={paper.number: paper for paper in papers},
        renderer=MailRenderer.load(texts, masthead(SENDER)),
        plain=PlainRenderer(templates=Templates(texts), theme=theme, masthead=masthead(SENDER)),
    )


def reads_back(made: Bench) -> bool:
    """Return whether the joined bytes parse without a defect into the HTML and the text that were rendered."""
    html, text, data = made.joined_mail(made.links)
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    parts = {part.get_content_subtype(): part for part in message.iter_parts()}
    read = {kind: part.get_content().replace("\r\n", "\n") for kind, part in parts.items()}
    defects = [part.defects for part in message.walk() if part.defects]
    return not defects and read == {"plain": text, "html": html}


def main() -> None:
    """Print microseconds per subscriber, the ratio, and whether the message reads back."""
    made, links = bench(), bench().links
    ways: tuple[tuple[Callable[[], object], int], ...] = (
        (lambda: made.joined_mail(links), 300),
        (lambda: made.plain_mail(links), 5),
        (made.whole_mail, 300),
    )
    rounds = [[_seconds(work, times) for work, times in ways] for _ in range(ROUNDS)]
    joined, plain, whole = (median(column) * 1e6 for column in zip(*rounds, strict=True))
    print(f"{PICKS} picks, {len(made.whole_mail()):,} octets, median of {ROUNDS} interleaved rounds, a subscriber:")
    print(f"  HTML, text and encoded message, joined         {joined:7.0f} µs")
    print(f"  the same by Jinja and EmailMessage             {plain:7.0f} µs")
    print(f"  ratio                                          {plain / joined:7.1f}")
    print(f"  parses back to the same parts without a defect {'yes' if reads_back(made) else 'NO':>7}")
    print(f"  with its links signed, as a run does it        {whole:7.0f} µs")


def _seconds(work: Callable[[], object], times: int) -> float:
    """Return the processor time of one call; as timeit does, without the garbage collector's own schedule."""
    gc.collect()
    gc.disable()
    try:
        start = process_time()
        for _ in range(times):
            work()
        return (process_time() - start) / times
    finally:
        gc.enable()


if __name__ == "__main__":
    main()
