"""Walks the HTML report in a browser, by mouse and by keys: walk.py CHROMIUM REPORT.html FOLDER

Photographs it, light and dark, into FOLDER. Ends with an AssertionError at the first thing that is not as it should be.
"""

import pathlib
import re
import sys

from playwright.sync_api import sync_playwright

chromium, report, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3])
folder.mkdir(parents=True, exist_ok=True)


def shown(page):
    """How many cases are to be seen, as the page says and as they are."""
    said = int(page.inner_text("#shown").split(" of ")[0])
    there = page.locator("article:visible").count()
    assert said == there, f"the page says {said} and shows {there}"
    return there


def walk(page):
    chips = {chip.get_attribute("data-verdict"): chip for chip in page.locator(".chip").all()}
    counts = {verdict: int(re.match(r"\d+", chip.inner_text())[0]) for verdict, chip in chips.items()}
    every = sum(counts.values())
    assert shown(page) == every, (counts, shown(page))

    # A click takes a verdict away, with Ctrl it leaves that one alone.
    for verdict, chip in chips.items():
        chip.click()
        assert shown(page) == every - counts[verdict], verdict
        chip.click()
        chip.click(modifiers=["Control"])
        assert shown(page) == counts[verdict], verdict
        page.keyboard.press("Escape")
        assert shown(page) == every

    # Levels and areas divide the cases.
    for select in ["#level", "#area"]:
        options = page.locator(f"{select} option").all_inner_texts()[1:]
        assert options, select
        total = 0
        for option in options:
            page.select_option(select, option)
            total += shown(page)
        assert total == every, (select, total)
        page.select_option(select, "")

    # Keys alone: search, go to the first case, open it, read its evidence.
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("batch own-schedule")
    found = shown(page)
    assert 0 < found < every, found
    page.locator("#search").blur()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    case = page.locator("article:visible").first
    assert case.locator("svg .mark").first.is_visible(), "no time line"
    assert "expected" in case.locator("svg .mark title").first.text_content()
    assert case.locator(".rerun code").inner_text().startswith("zaqarcheck run "), "no command"
    return case.get_attribute("id")


with sync_playwright() as browsers:
    browser = browsers.chromium.launch(executable_path=chromium)
    for scheme in ["light", "dark"]:
        page = browser.new_page(color_scheme=scheme, viewport={"width": 1200, "height": 900})
        asked, broken = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda line: broken.append(line.text) if line.type == "error" else None)
        page.goto(report.as_uri())
        case = walk(page)
        page.screenshot(path=folder / f"{scheme}.png")
        # A link to a case opens it.
        page.goto("about:blank")
        page.goto(f"{report.as_uri()}#{case}")
        assert page.evaluate("id => document.getElementById(id).querySelector('details').open", case)
        assert {url.split("#")[0] for url in asked} <= {report.as_uri(), "about:blank"}, asked
        assert not broken, broken
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") == (scheme == "light"), paper
    phone = browser.new_page(viewport={"width": 390, "height": 800})
    phone.goto(report.as_uri())
    wide = phone.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, f"a telephone has to scroll sideways: {wide}"
    phone.screenshot(path=folder / "phone.png")
    browser.close()
print(f"walked {report.name}: filters, search, keys, links, light and dark")
