"""python -m tests.gallery OUT [NAME...]: renders every mail at each width and scheme into one page of pictures."""

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
    """One way to look at a mail."""

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
    """Return the mail as a client shows it that strips every style block."""
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


def picture(browser: Browser, html: str, view: View, target: Path) -> None:
    """Write a picture of the whole mail."""
    page = browser.new_page(viewport={"width": view.width, "height": 800}, color_scheme=view.scheme)  # type: ignore[arg-type]
    page.set_content(without_styles(html) if view.stripped else html)
    page.screenshot(path=target, full_page=True)
    page.close()


def main(folder: Path, names: list[str]) -> None:
    """Write the pictures and a page that shows them all."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = [specimen for specimen in mails.by_name().values() if not names or specimen.name in names]
    for specimen in shown:
        rendering = mails.rendered(specimen.name)
        (folder / f"{specimen.name}.html").write_text(rendering.html)
        (folder / f"{specimen.name}.txt").write_text(f"Subject: {rendering.subject}\n\n{rendering.text}")
    for forced in (False, True):
        with chromium(forced_dark=forced) as browser:
            for specimen in shown:
                html = (folder / f"{specimen.name}.html").read_text()
                for view in (view for view in VIEWS if view.forced is forced):
                    picture(browser, html, view, folder / _file(specimen, view))
    (folder / "index.html").write_text(_page(shown, folder))


def _file(specimen: SampleMail, view: View) -> str:
    return f"{specimen.name}-{view.name.replace(' ', '-')}.png"


def _page(shown: list[SampleMail], folder: Path) -> str:
    rows = []
    for specimen in shown:
        pictures = "".join(
            f'<figure><figcaption>{view.name}</figcaption><img src="{_file(specimen, view)}" width="{view.width // 2}">'
            "</figure>"
            for view in VIEWS
        )
        text = escape((folder / f"{specimen.name}.txt").read_text())
        rows.append(f"<h2>{specimen.name}</h2><div class=row>{pictures}<pre>{text}</pre></div>")
    style = "body{font:14px sans-serif;background:#999}.row{display:flex;gap:12px;align-items:start}figure{margin:0}"
    style += "pre{background:#fff;padding:12px;font-size:8px;margin:16px 0}"
    return f"<!doctype html><meta charset=utf-8><title>Gallery</title><style>{style}</style>{''.join(rows)}"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
