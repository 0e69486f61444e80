"""python -m tests.gallery.pictures [MAIL.eml]: the pictures of the README, of a mail that the demo sent.

Without a mail, the demo runs and the first of its mails is taken.
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
    """Return the HTML part of a mail."""
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("html",))
    assert part is not None
    html: str = part.get_content()
    return html


def take(browser: Browser, html: str, name: str, scheme: str) -> Path:
    """Write the picture of the top of a mail, at twice the resolution."""
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
    """Write all pictures of a mail."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    html = html_of(mail)
    with chromium() as browser:
        for name in SIZES:
            for scheme in SCHEMES:
                print(take(browser, html, name, scheme))


def from_demo() -> None:
    """Run the demo and takes the pictures of its first mail."""
    with TemporaryDirectory() as folder:
        digest_command(["demo", "--out", folder], standalone_mode=False)
        main(min(Path(folder).glob("*.eml")))


if __name__ == "__main__":
    main(Path(sys.argv[1])) if len(sys.argv) > 1 else from_demo()
