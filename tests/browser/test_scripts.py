"""How the components' scripts reach a tab: once, all of one version, and a new one when the app is updated."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.served import MILLISECONDS, ROOT, pixels, serving
from tests.browser.test_components import bar, drag, open_page, reconstruction

FETCHED = """
() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("/app/static/"))
  .map(({ name, transferSize }) => [name, transferSize])
"""

# Two versions of one script, in the same element after one another, and what is seen in it after each call.
VERSIONS = """
async () => {
  const parentElement = document.body.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
  const calls = [];
  const [first, second] = await Promise.all([1, 2].map(async (version) => {
    const { component } = await import(`/lib/page/component.js?${version}`);
    const files = { page: "./strips.html", styles: ["../lib/page/base.css", "./strips.css"] };
    return component(`${location.origin}/strips/strips.js`, files, ({ data }) => {
      const root = parentElement.querySelector(".strips");
      calls.push(`${version} shows ${data}, of ${root.textContent || "nothing"}, ${getComputedStyle(root).fontSize}`);
      root.textContent = data;
      return () => calls.push(`${version} ends ${data}`);
    });
  }));
  first({ parentElement, data: "a" });
  first({ parentElement, data: "b" });
  second({ parentElement, data: "c" });
  second({ parentElement, data: "d" })();
  return [calls, parentElement.childElementCount, parentElement.adoptedStyleSheets.length];
}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's folder with a page of components, which can be updated."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "ui", folder / "ui", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    shutil.copy(ROOT / "tests" / "browser" / "apps" / "components_page.py", folder / "app.py")
    return folder


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    """A new visitor, whose browser has nothing of ours."""
    with chromium.new_context(viewport={"width": 1440, "height": 1000}) as context:
        context.set_default_timeout(MILLISECONDS)
        yield context


def replace_in(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def fetched(page: Page) -> dict[str, int]:
    """The addresses of the components' files that the page loaded, each with the bytes that came over the network."""
    return dict(page.evaluate(FETCHED))


def another(page: Page) -> Locator:
    return page.locator(".figure .another")


def test_an_element_shows_the_page_of_its_script_and_a_new_version_replaces_the_old(script_page: Page) -> None:
    calls, children, styles = script_page.evaluate(VERSIONS)
    assert calls == [
        "1 shows a, of nothing, 14px",
        "1 shows b, of a, 14px",
        "1 ends b",
        "2 shows c, of nothing, 14px",
        "2 shows d, of c, 14px",
        "2 ends d",
    ]
    assert (children, styles) == (1, 2)


def test_scripts_are_fetched_once_and_an_update_reaches_every_open_tab(
    visitor: BrowserContext, project: Path, tmp_path: Path
) -> None:
    faults: list[str] = []
    visitor.on("weberror", lambda error: faults.append(str(error.error)))
    first, second = visitor.new_page(), visitor.new_page()
    with serving(tmp_path / "before", root=project) as server:
        open_page(first, server.address)
        assert all(fetched(first).values())
        assert len({urlsplit(name).path.split("/")[3] for name in fetched(first)}) == 1
        for page in (second, first):
            open_page(page, server.address)
            assert fetched(page).keys() == fetched(first).keys()
            assert not any(fetched(page).values())
        port = urlsplit(server.address).port
    figure = project / "ui" / "components" / "figure"
    replace_in(figure / "figure.html", "Another digit", "One more digit")
    replace_in(figure / "figure.css", "padding: 2px 0;", "padding: 7px 0;")
    replace_in(figure / "figure.js", "`error ${error}`", "`off by ${error}`")
    with serving(tmp_path / "after", root=project, port=port):
        # Nobody loads the page again.
        for page in (first, second):
            expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-connection-state", "CONNECTED")
            page.get_by_role("button", name="Next step").click()
            expect(another(page)).to_have_text("One more digit")
            expect(page.locator(".figure")).to_have_css("padding-top", "7px")
            expect(page.locator(".figure .brief")).to_contain_text("off by")
            before = pixels(reconstruction(page))
            drag(page, bar(page, 2), to=0.1)
            assert pixels(reconstruction(page)) != before
    assert faults == []
