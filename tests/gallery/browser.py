"""Chromium for tests, without background network traffic."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = Path(os.environ.get("PAPER_DIGEST_CHROMIUM", "/usr/bin/chromium"))
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium(*further: str, forced_dark: bool = False) -> Iterator[Browser]:
    """Return a headless Chromium with further arguments; `forced_dark` inverts pages like some mail clients."""
    inverted = ["--enable-features=WebContentsForceDark"] if forced_dark else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*_ARGUMENTS, *inverted, *further])
        try:
            yield browser
        finally:
            browser.close()
