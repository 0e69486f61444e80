"""Mailboxes: the mails that came back, from a Maildir or over IMAP, each until it is marked as done."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from digest.errors import FetchError
from digest.settings import BouncesSettings

IMAP_SECONDS = 60  # for each step


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail that has not been read yet."""

    data: bytes
    mark_read: Callable[[], object]

    def done(self) -> None:
        """Marks the mail as read, so that it is not given again."""
        self.mark_read()


def read_mailboxes(settings: BouncesSettings) -> Iterator[Mail]:
    """Gives the unread mails of the mailboxes that the settings name. Raises FetchError when one cannot be read."""
    if settings.maildir:
        yield from read_maildir(Path(settings.maildir))
    if settings.imap_host:
        yield from read_imap(settings)


def read_maildir(folder: Path) -> Iterator[Mail]:
    """Gives the mails in a Maildir's new/, oldest first; one that is done moves to cur/, marked as seen."""
    if not (folder / "new").is_dir():
        raise FetchError(f"bounces.maildir: {folder} is not a Maildir: it has no folder new/")
    (folder / "cur").mkdir(exist_ok=True)
    for path in sorted((folder / "new").iterdir()):
        if not path.name.startswith("."):
            seen = folder / "cur" / f"{path.name.partition(':')[0]}:2,S"
            yield Mail(data=path.read_bytes(), mark_read=partial(path.rename, seen))


def read_imap(settings: BouncesSettings, context: ssl.SSLContext | None = None) -> Iterator[Mail]:
    """Gives the unseen mails of an IMAP folder over TLS; one that is done is marked as seen."""
    from imap_tools import AND, MailBox, MailMessageFlags
    from imap_tools.errors import ImapToolsError

    place = f"imap {settings.imap_host}:{settings.imap_port}"
    try:
        box = MailBox(
            settings.imap_host,
            settings.imap_port,
            timeout=IMAP_SECONDS,
            ssl_context=context or ssl.create_default_context(),
        )
        with box.login(settings.imap_user, settings.imap_password.get_secret_value(), settings.imap_folder):
            for uid in box.uids(AND(seen=False)):
                for mail in box.fetch(AND(uid=uid), mark_seen=False, bulk=False):
                    mark_read = partial(box.flag, uid, MailMessageFlags.SEEN, value=True)
                    yield Mail(data=mail.obj.as_bytes(), mark_read=mark_read)
    except (OSError, ImapToolsError) as error:
        raise FetchError(f"{place}: {error}") from error
