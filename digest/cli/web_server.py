"""The web server in a thread, and the outbox worker that sends the e-mails that pages cause."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from digest.cli.listening import listening
from digest.cli.renderer import load_renderer
from digest.errors import ConfigurationError
from digest.messages import Message
from digest.runs.transactional import transactional_mail
from digest.runs.transactional.outbox import TransactionalMail
from digest.runs.transactional.outbox_worker import OutboxWorker, OutboxWorkerOptions
from digest.settings import Settings, WebSettings
from digest.storage import Store
from digest.web.app import create_app
from digest.web.connections import PageServer


@contextmanager
def site(store: Store, settings: Settings) -> Iterator[str]:
    """Serve the pages while the block runs, and yield their URL. Open requests are answered at the end.

    Raise ConfigurationError when the configured address is not available.
    """
    renderer = load_renderer(settings)

    def write(mail: TransactionalMail) -> Message:
        return transactional_mail.compose_transactional(mail, renderer, settings, _now())

    how = OutboxWorkerOptions(relay=settings.smtp, clock=_now)
    with _listening(settings.web) as made, OutboxWorker(store, write, how) as outbox_worker:
        app = create_app(store, settings, clock=_now, wake=outbox_worker.wake)
        server = PageServer(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [made]}, name="pages")
        thread.start()
        host, port = made.getsockname()[:2]
        try:
            yield f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def _listening(wanted: WebSettings) -> Iterator[socket.socket]:
    """Return a socket on the configured address."""
    try:
        made = listening(wanted.host, wanted.port)
    except OSError as error:
        raise ConfigurationError(
            f"web.host {wanted.host!r}, web.port {wanted.port}: cannot listen there: {error.strerror or error}"
        ) from error
    with made:
        yield made


def _now() -> datetime:
    return datetime.now(UTC)
