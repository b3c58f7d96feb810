#!/usr/bin/env python3
"""Checks the pages run.html and sweep.html of lpsim report in a browser: scripts/test-report.sh makes and opens them.

usage: check-report.py FOLDER CHROMIUM

Fails on any message of the console, any exception, any request but for the page, a page that is wider than its window,
a figure that is missing, a metric that is not what the database says, and a mark that does not say its values when the
keyboard or the pointer reaches it. Leaves screenshots and PDFs in FOLDER.
"""

import contextlib
import pathlib
import re
import sqlite3
import sys

from playwright.sync_api import sync_playwright

FIGURES = {
    "run": ["distributions", "work", "timelines", "tokens"],
    "sweep": ["frontier-pareto", "attainment", "work"],
}
WORTH = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
failures = []


def check(holds, fact):
    """Notes a fact that does not hold."""
    if not holds:
        failures.append(fact)


@contextlib.contextmanager
def opened(browser, path, scheme="light", width=1280, script=True):
    """A page; whatever it complains about or asks for is a failure."""
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, java_script_enabled=script
    )
    page = context.new_page()
    where = f"{path.name} ({scheme}, {width} px)"
    page.on("console", lambda message: failures.append(f"{where}: console says {message.text}"))
    page.on("pageerror", lambda error: failures.append(f"{where}: exception {error}"))
    page.on("request", lambda request: check(request.url == path.as_uri(), f"{where}: asks for {request.url}"))
    page.goto(path.as_uri())
    yield page
    context.close()


def look(browser, path):
    """Screenshots of a page, light and dark, wide and narrow, and the page on paper."""
    for scheme in ("light", "dark"):
        for width in (1280, 400):
            with opened(browser, path, scheme, width) as page:
                widest = page.evaluate("document.documentElement.scrollWidth")
                check(widest <= width, f"{path.name} is {widest} px wide in a window of {width}")
                page.screenshot(path=path.with_name(f"{path.stem}-{scheme}-{width}.png"), full_page=True)
    with opened(browser, path, "dark") as page:
        page.pdf(path=path.with_suffix(".pdf"), prefer_css_page_size=True)
        page.emulate_media(media="print")
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        check(paper == "rgb(255, 255, 255)", f"{path.name}: paper is {paper}")


def check_figures(browser, path):
    """Every figure is there, its files too, and without the script its marks keep their titles."""
    with opened(browser, path) as page:
        names = page.eval_on_selector_all("figure[id]", "figures => figures.map(figure => figure.id)")
        check(names == FIGURES[path.stem], f"{path.name} has the figures {names}")
        for link in page.eval_on_selector_all(".files a", "links => links.map(link => link.href)"):
            check(pathlib.Path(link.removeprefix("file://")).stat().st_size > 0, f"{link} is empty")
        empty = page.eval_on_selector_all(".panel svg", "all => all.filter(svg => svg.getBBox().width < 300).length")
        check(empty == 0, f"{path.name}: {empty} pictures are empty")
    with opened(browser, path, script=False) as page:
        check(page.locator("svg title").count() > 5, f"{path.name}: marks have no titles without the script")
    for name in FIGURES[path.stem]:
        with opened(browser, path.with_name(f"{path.stem}-figures") / f"{name}.svg") as page:
            check(page.locator("svg > g").count() > 0, f"{name}.svg holds nothing")


def check_numbers(browser, path):
    """The table of all metrics says what the database does, to its last digit."""
    database = sqlite3.connect(path.with_suffix(".sqlite"))
    stored = {}
    query = "SELECT metric.name, policy_index, metric.unit, value FROM metric JOIN run ON run.id = run"
    for name, policy, unit, value in database.execute(query):
        stored[name, policy] = (unit, value)
    with opened(browser, path) as page:
        rows = page.eval_on_selector_all(
            "tr[data-metric]",
            "rows => rows.map(row => [row.dataset.metric, ...[...row.cells].slice(1).map(cell => cell.textContent)])",
        )
    check(len(rows) * 2 == len(stored), f"{len(rows)} metrics are shown, {len(stored) // 2} stored")
    for metric, unit, *cells in rows:
        for policy, cell in enumerate(cells[:2]):
            own, value = stored[metric, policy]
            check(agrees(cell, unit, own, value), f"{metric} of policy {policy}: {cell} {unit}, stored {value} {own}")


def agrees(cell, unit, own, value):
    """Whether a number of the table is a stored one, rounded to the digits that are shown."""
    if value is None:
        return cell == "–"
    base = {"bytes": "B"}.get(own, own)
    worth = {"ms s": 1e3, "mJ J": 1e3, "mJ kJ": 1e6}.get(f"{base} {unit}")
    worth = worth or (1 if unit == base else WORTH[unit[0]])
    digits = len(re.sub(r"[^.]*\.?", "", cell, count=1))
    shown = float(cell.replace(",", ""))
    return abs(shown - value / worth) <= 0.5000001 * 10**-digits


def check_hints(browser, path):
    """Marks say their values to the keyboard and the pointer; an upright line reads curves."""
    with opened(browser, path) as page:
        tip = page.locator("#tip")
        figure = page.locator(f"#{FIGURES[path.stem][0]}")
        mark = figure.locator("path[tabindex='0']").first
        mark.focus()
        first = tip.text_content()
        check(tip.is_visible() and first == mark.get_attribute("aria-label"), f"{path.name}: focus shows {first!r}")
        check(re.search(r"\d", first) is not None, f"{path.name}: no value in {first!r}")
        page.keyboard.press("ArrowRight")
        check(tip.text_content() not in ("", first), f"{path.name}: the arrow leads nowhere")
        page.keyboard.press("Escape")
        check(not tip.is_visible(), f"{path.name}: Escape leaves the hint")
        mark.hover()
        said = tip.text_content()
        check(said == mark.get_attribute("aria-label"), f"{path.name}: the pointer sees {said!r}")
        if path.stem != "run":
            check("TTFT p99" in first and "policy=" in first, f"{path.name}: {first!r} has no settings or values")
            return
        box = figure.locator(".area").first.bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.71, box["y"] + box["height"] * 0.13)
        lines = tip.text_content().split("\n")
        check([line.split(":")[0] for line in lines[1:]] == ["chunked", "layered"], f"the reader says {lines}")


def main():
    """Runs all checks on both pages."""
    folder, chromium = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    with sync_playwright() as playwright:
        # Root, as in containers, cannot use Chromium's sandbox.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name in FIGURES:
            path = folder / f"{name}.html"
            look(browser, path)
            check_figures(browser, path)
            check_hints(browser, path)
        check_numbers(browser, folder / "run.html")
        browser.close()
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{len(failures)} failures; screenshots are in {folder}")
    sys.exit(1 if failures else 0)


main()
