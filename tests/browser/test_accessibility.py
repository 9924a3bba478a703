"""All views by axe-core, dark and light, at the widths of a phone and of a desk; and nothing sticks out of them."""

import pytest
from playwright.sync_api import Browser, Page

from support.npm import NpmUnavailable, unpack
from support.pages import OpenPage
from support.processes import StartGateway
from support.programs import unavailable

pytestmark = pytest.mark.browser

AXE = "axe-core@4.14.1"
VIEWS = {
    "": "#few .screen[data-state=live]",
    "cameras": "#wall .screen[data-state=live]",
    "camera/camera": "#people .person",
    "photo": "#drop",
    "health": "#health-workers tr",
}
"""View → what is there when it is whole."""


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, which is no part of the product."""
    try:
        return (unpack(AXE, tmp_path_factory.mktemp("axe")) / "axe.min.js").read_text(encoding="utf-8")
    except NpmUnavailable as error:
        unavailable("axe-core", f"Connect to the internet: {error}")


def found(page: Page, width: int, scheme: str) -> list[str]:
    """What axe finds at this width and in these colours, in words, and whether the page is wider than the window."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    violations = page.evaluate("async () => (await axe.run()).violations")
    words = [f"{v['impact']} {v['id']} {v['nodes'][0]['target']}" for v in violations]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [f"{width} {scheme}: {word}" for word in words + ([f"{wide} px wide"] if wide > width else [])]


def test_every_view_is_for_everybody(open_page: OpenPage, axe: str, address: str) -> None:
    page = open_page(bypass_csp=True, reduced_motion="reduce")  # axe is put into the page from outside
    complaints = []
    page.evaluate(axe)
    for view, whole in VIEWS.items():
        page.evaluate("view => { location.hash = `#/${view}` }", view)
        page.wait_for_selector(whole, timeout=60_000)
        for width in (390, 1440):
            complaints += [f"#/{view} {word}" for scheme in ("dark", "light") for word in found(page, width, scheme)]
    page.goto(f"{address}/docs")
    page.wait_for_selector("#schemas details")
    page.evaluate(axe)
    complaints += [f"/docs {word}" for width in (390, 1440) for word in found(page, width, "light")]
    assert complaints == []


def test_the_focus_follows_and_the_tabs_say_where_one_is(browser: Browser, start_gateway: StartGateway) -> None:
    _, port = start_gateway()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{port}/")
    page.wait_for_selector("#view-home:not([hidden])")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus(".tabs a >> nth=3")
    page.keyboard.press("Enter")
    page.wait_for_selector("#view-health:not([hidden])")
    assert page.evaluate("document.activeElement.textContent") == "Health", "the heading of the view has the focus"
    assert page.locator(".tabs a[aria-current=page]").all_inner_texts() == ["Health"]
    assert page.title() == "Health · Mien"
    page.go_back()
    page.wait_for_selector("#view-home:not([hidden])")
