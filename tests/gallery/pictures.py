"""python -m tests.gallery.pictures [MAIL.eml]: take the screenshots of the README, of a message from the demo.

Without a file, run the demo and use its first message.
"""

from __future__ import annotations

import email
import email.policy
import sys
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser

from digest.cli import main as digest_command
from tests.gallery.browser import chromium

FOLDER = Path(__file__).parents[2] / "docs" / "images"
SIZES = {"issue": (600, 1000), "issue-phone": (375, 812)}  # name to width and height
SCHEMES = ("light", "dark")


def html_of(mail: Path) -> str:
    """Return the HTML part of a message."""
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("html",))
    assert part is not None
    html: str = part.get_content()
    return html


def take(browser: Browser, html: str, name: str, scheme: str) -> Path:
    """Write a screenshot of the top of a message, at twice the resolution."""
    width, height = SIZES[name]
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=2,
    )
    page.set_content(html)
    target = FOLDER / f"{name}-{scheme}.png"
    page.screenshot(path=target)
    page.close()
    return target


def main(mail: Path) -> None:
    """Write all screenshots of a message."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    html = html_of(mail)
    with chromium() as browser:
        for name in SIZES:
            for scheme in SCHEMES:
                print(take(browser, html, name, scheme))


def from_demo() -> None:
    """Run the demo and take the screenshots of its first message."""
    with TemporaryDirectory() as folder:
        digest_command(["demo", "--out", folder], standalone_mode=False)
        main(min(Path(folder).glob("*.eml")))


if __name__ == "__main__":
    main(Path(sys.argv[1])) if len(sys.argv) > 1 else from_demo()
