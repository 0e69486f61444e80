"""Mailboxes: returned mail from a Maildir or over IMAP, until it is marked as read."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from digest.errors import FetchError
from digest.settings import BouncesSettings

if TYPE_CHECKING:  # its import takes a tenth of a second, and few read over IMAP
    from imap_tools import MailBox

IMAP_SECONDS = 60  # for each step


@dataclass(frozen=True, kw_only=True)
class MailboxMail:
    """A mail that has not been read yet."""

    name: str  #: where it is, for the log
    read: Callable[[], bytes]
    mark_read: Callable[[], object]

    def __str__(self) -> str:
        return self.name

    @property
    def data(self) -> bytes:
        """The octets of the mail. Raise OSError for a folder, or what else is no mail."""
        return self.read()

    def done(self) -> None:
        """Mark the mail as read, so that it is not given again."""
        self.mark_read()


def read_mailboxes(settings: BouncesSettings) -> Iterator[MailboxMail]:
    """Return the unread mails of the mailboxes that the settings name. Raise FetchError when one cannot be read."""
    if settings.maildir:
        yield from read_maildir(Path(settings.maildir))
    if settings.imap_host:
        yield from read_imap(settings)


def read_maildir(folder: Path) -> Iterator[MailboxMail]:
    """Return the mails in a Maildir's new/, oldest first; one that is done moves to cur/, marked as seen."""
    if not (folder / "new").is_dir():
        raise FetchError(f"bounces.maildir: {folder} is not a Maildir: it has no folder new/")
    (folder / "cur").mkdir(exist_ok=True)
    for path in sorted((folder / "new").iterdir()):
        if not path.name.startswith("."):
            seen = folder / "cur" / f"{path.name.partition(':')[0]}:2,S"
            yield MailboxMail(name=str(path), read=path.read_bytes, mark_read=partial(_move, path, seen))


def _move(path: Path, seen: Path) -> None:
    """Move a mail to where read ones are; one that another process moved is gone already."""
    with suppress(FileNotFoundError):
        path.rename(seen)


def read_imap(settings: BouncesSettings, context: ssl.SSLContext | None = None) -> Iterator[MailboxMail]:
    """Return the unseen mails of an IMAP folder over TLS; one that is done is marked as seen."""
    from imap_tools import MailBox
    from imap_tools.errors import ImapToolsError

    try:
        box = MailBox(
            settings.imap_host,
            settings.imap_port,
            timeout=IMAP_SECONDS,
            ssl_context=context or ssl.create_default_context(),
        )
        try:
            box.login(settings.imap_user, settings.imap_password.get_secret_value(), settings.imap_folder)
            yield from _unseen(box)
        finally:
            box.client.shutdown()
    except (OSError, ImapToolsError) as error:
        raise FetchError(f"imap {settings.imap_host}:{settings.imap_port}: {error}") from error


def _unseen(box: MailBox) -> Iterator[MailboxMail]:
    from imap_tools import AND, MailMessageFlags

    for uid in box.uids(AND(seen=False)):
        yield MailboxMail(
            name=f"IMAP message {uid}",
            read=partial(_octets, box, uid),
            mark_read=partial(box.flag, uid, MailMessageFlags.SEEN, value=True),
        )


def _octets(box: MailBox, uid: str) -> bytes:
    """Return a message as the server has it, unparsed: a mail may be made so that parsing it fails."""
    _, answer = box.client.uid("fetch", uid, "(BODY.PEEK[])")
    return next((bytes(part[1]) for part in answer if isinstance(part, tuple)), b"")
