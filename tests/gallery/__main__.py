"""python -m tests.gallery OUT [NAME...]: screenshots of every sample mail, on one page."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

from playwright.sync_api import Browser

from digest.rendering.sample_mails import SampleMail
from tests.gallery import mails
from tests.gallery.browser import chromium


@dataclass(frozen=True)
class View:
    """One way to display a message."""

    name: str
    width: int
    scheme: str = "light"
    forced: bool = False
    stripped: bool = False


VIEWS = (
    View("600 light", 600),
    View("600 dark", 600, "dark"),
    View("375 light", 375),
    View("375 dark", 375, "dark"),
    View("320 light", 320),
    View("600 forced dark", 600, forced=True),
    View("600 without styles", 600, stripped=True),
)


def without_styles(html: str) -> str:
    """Return the message without style blocks, as some clients show it."""
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


def picture(browser: Browser, html: str, view: View, target: Path) -> None:
    """Write a screenshot of the whole message."""
    page = browser.new_page(viewport={"width": view.width, "height": 800}, color_scheme=view.scheme)  # type: ignore[arg-type]
    page.set_content(without_styles(html) if view.stripped else html)
    page.screenshot(path=target, full_page=True)
    page.close()


def main(folder: Path, names: list[str]) -> None:
    """Write the screenshots and a page with all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = [sample for sample in mails.by_name().values() if not names or sample.name in names]
    for sample in shown:
        rendering = mails.rendered(sample.name)
        (folder / f"{sample.name}.html").write_text(rendering.html)
        (folder / f"{sample.name}.txt").write_text(f"Subject: {rendering.subject}\n\n{rendering.text}")
    for forced in (False, True):
        with chromium(forced_dark=forced) as browser:
            for sample in shown:
                html = (folder / f"{sample.name}.html").read_text()
                for view in (view for view in VIEWS if view.forced is forced):
                    picture(browser, html, view, folder / _file(sample, view))
    (folder / "index.html").write_text(_page(shown, folder))


def _file(sample: SampleMail, view: View) -> str:
    return f"{sample.name}-{view.name.replace(' ', '-')}.png"


def _page(shown: list[SampleMail], folder: Path) -> str:
    rows = []
    for sample in shown:
        pictures = "".join(
            f'<figure><figcaption>{view.name}</figcaption><img src="{_file(sample, view)}" width="{view.width // 2}">'
            "</figure>"
            for view in VIEWS
        )
        text = escape((folder / f"{sample.name}.txt").read_text())
        rows.append(f"<h2>{sample.name}</h2><div class=row>{pictures}<pre>{text}</pre></div>")
    style = "body{font:14px sans-serif;background:#999}.row{display:flex;gap:12px;align-items:start}figure{margin:0}"
    style += "pre{background:#fff;padding:12px;font-size:8px;margin:16px 0}"
    return f"<!doctype html><meta charset=utf-8><title>Gallery</title><style>{style}</style>{''.join(rows)}"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
