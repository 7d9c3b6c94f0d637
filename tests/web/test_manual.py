"""The documentation as pages, what robots and agents find, and what links show elsewhere."""

from __future__ import annotations

import pytest

from hub.desks import BOARD, hide
from wasteland.web.manual import rendering, sources
from wasteland.web.manual.sources import Source
from web.browsers import BOARD as BOARD_PATH
from web.browsers import Browser, Office, Page, item_path, tags_of

NAMES = sorted(sources.pages())


def graph(page: Page) -> dict[str, str | None]:
    return {
        str(given.get("property")): given.get("content")
        for tag, given in page.tags
        if tag == "meta" and str(given.get("property", "")).startswith("og:")
    }


def is_listed(page: Page) -> bool:
    return not any(given.get("name") == "robots" for _, given in page.tags)


def of(text: str) -> Source:
    return Source("guide/x", "X", text, "")


def test_guides_glossary_and_commands_are_there() -> None:
    assert {"guide/mvgt", "guide/hub", "glossary", "architecture", "reference/cli"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_is_shown_and_its_links_lead_somewhere(office: Office, name: str) -> None:
    browser = office.browser()
    page = browser.get(f"/docs/{name}")
    anchors = {given["id"] for _, given in page.tags if "id" in given}

    assert 200 == page.status
    assert sources.pages()[name].title in page.text
    assert "<!--" not in page.text
    for link in page.links():
        path, _, anchor = str(link).partition("#")
        if not path and anchor:
            assert anchor in anchors | {"main"}, link
        elif path.startswith("/docs"):
            assert 200 == browser.get(path).status, link
        else:
            assert path.startswith(("http://", "https://", "/")), link


def test_the_contents_list_every_page_and_the_apis(office: Office) -> None:
    links = office.browser().get("/docs").links()

    assert {f"/docs/{name}" for name in NAMES} <= set(links)
    assert "/api" in links
    assert "/docs" in office.browser().get("/api").links()


def test_a_page_can_be_had_as_markdown(office: Office) -> None:
    answer = office.browser().get("/docs/glossary.md").response

    assert "text/markdown; charset=utf-8" == answer.headers["content-type"]
    assert sources.pages()["glossary"].text == answer.text


@pytest.mark.parametrize(
    "path", ["/docs/nothing", "/docs/../pyproject.toml", "/docs/guide", "/docs/%2e%2e/README.md"]
)
def test_nothing_else_is_read(office: Office, path: str) -> None:
    page = office.browser().get(path)

    assert 404 == page.status
    assert "[project]" not in page.text


def test_headings_get_anchors_of_their_own() -> None:
    made = rendering.rendered(of("# X\n\n## Rules\n\n### Who may?\n\n## Rules\n\n## ***\n"))

    assert ["rules", "rules-2", "section"] == [one.anchor for one in made.headings]
    assert '<h3 id="who-may">' in made.html
    assert "<h1" not in made.html


def test_links_between_documents_lead_to_pages() -> None:
    text = "[a](mvgt.md#start) [b](../glossary.md) [c](../../src/x.md) [d](https://e.org/x.md)"

    html = rendering.rendered(of(text)).html

    assert 'href="/docs/guide/mvgt#start"' in html
    assert 'href="/docs/glossary"' in html
    assert 'href="/docs"' in html
    assert 'href="https://e.org/x.md"' in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](https://e.org/x.png)",
        "```console\n$ <script>alert(1)</script>\n```",
        '## <b onclick="alert(1)">x</b>',
    ],
)
def test_markup_in_a_document_stays_text(text: str) -> None:
    found = tags_of(str(rendering.rendered(of(text)).html))

    assert {"script", "img"}.isdisjoint(tag for tag, _ in found)
    for _, given in found:
        assert given.keys() <= {"id", "tabindex", "href", "rel"}, given
        assert str(given.get("href", "https://")).startswith("https://")


def test_what_is_typed_stands_out_from_what_is_answered() -> None:
    html = rendering.rendered(of("```console\n$ wl <me>\nada & co\n```")).html

    assert "<b>$ wl &lt;me&gt;</b>\nada &amp; co\n" in html


def test_agents_are_told_where_to_begin(office: Office) -> None:
    browser = office.browser()
    answer = browser.get("/llms.txt").response
    links = [part.partition(")")[0] for part in answer.text.split("](")[1:]]

    assert answer.text.startswith("# Wasteland\n\n> ")
    assert len(answer.text) < 6000
    assert len(links) >= len(NAMES)
    for link in links:
        assert 200 == browser.get(link.removeprefix("http://127.0.0.1")).status, link


def test_robots_are_kept_from_what_is_no_page(office: Office) -> None:
    text = office.browser().get("/robots.txt").response.text

    assert text.startswith("User-agent: *\n")
    assert "Disallow: /-/\n" in text


def test_public_pages_say_what_they_are_where_they_are_linked(office: Office) -> None:
    item = office.post('Mend "it" <now>', description="Because **it** matters.")
    browser = office.browser()

    board, shown = graph(browser.get(BOARD_PATH)), graph(browser.get(item_path(item)))
    page = graph(browser.get("/docs/glossary"))

    assert ("board", "website") == (board["og:title"], board["og:type"])
    assert "open" in str(board["og:description"])
    assert ('Mend "it" <now>', "Because it matters.", "article") == (
        *(shown["og:title"], shown["og:description"]),
        shown["og:type"],
    )
    assert f"http://127.0.0.1{item_path(item)}" == shown["og:url"]
    assert "The words" == page["og:title"]
    assert is_listed(browser.get(BOARD_PATH))
    assert is_listed(browser.get("/docs"))


def test_private_pages_say_nothing_of_themselves(own_office: Office) -> None:
    item = own_office.post("Hidden")
    hide(own_office.desk, BOARD)
    browser = own_office.browser("acme")

    for path in (BOARD_PATH, item_path(item)):
        page = browser.get(path)
        assert 200 == page.status
        assert {} == graph(page)
        assert not is_listed(page)


@pytest.mark.parametrize("path", ["/-/you", "/-/new", "/-/connect", "/sign-in", "/acme/nothing"])
def test_pages_of_ones_own_are_not_listed(office: Office, path: str) -> None:
    browser: Browser = office.browser("acme") if path.startswith("/-/") else office.browser()
    page = browser.get(path)

    assert not is_listed(page)
    assert {} == graph(page)
