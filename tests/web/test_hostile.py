"""Texts from anybody, in every place of every page that shows them: they stay text."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from hub.desks import API
from wasteland.web.words import markdown, shown
from web.browsers import BOARD, Office, item_path, tags_of

VECTORS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</title><svg onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "</textarea><script>alert(1)</script>",
)
MARKDOWN = (
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "<javascript:alert(1)>",
    "![a](javascript:alert(1))",
    "![a](https://example.org/pixel.png)",
    "<a href='javascript:alert(1)'>x</a>",
    "<img src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    '[a](https://example.org" onmouseover="alert(1))',
    "`<script>alert(1)</script>`",
    "```\n<script>alert(1)</script>\n```",
    "[a]: javascript:alert(1)\n\n[a]",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)


def elements(office: Office, path: str, who: str = "") -> list[tuple[str, dict[str, str | None]]]:
    """Return the elements of a page, none of which may come from a text."""
    page = office.browser(who).get(path)
    assert page.status < 500, path
    return page.tags


def assert_harmless(tags: list[tuple[str, dict[str, str | None]]]) -> None:
    for tag, given in tags:
        assert not [name for name in given if name.startswith("on")], (tag, given)
        assert "style" not in given, (tag, given)
        if tag == "script":
            assert given.get("nonce")
            assert (given["src"] or "").startswith("/-/static/")
        assert tag not in {"img", "iframe", "object", "embed", "base", "style"}
        for name in ("href", "action", "src"):
            target = given.get(name)
            if target:
                assert target.startswith(("/", "#", "https://", "http://")), (tag, given)
                assert not target.startswith("//"), (tag, given)


def test_markup_in_any_field_stays_text_on_every_page(office: Office) -> None:
    vector = " ".join(VECTORS)
    item = office.post(vector, description=vector, project=VECTORS[0], tags=VECTORS)
    ben = office.member("ben")
    ben.send(ben.get(item_path(item)).form("/claim"))
    ben.send(ben.get(item_path(item)).form("/done"), evidence=vector)
    ben.send(ben.get(item_path(item)).form("/comment"), body=vector)
    paths = [item_path(item), f"{item_path(item)}/peek", f"{BOARD}?status=all", f"{BOARD}/rigs"]
    paths += [f"{BOARD}/rigs/ben", f"{item_path(item)}/edit"]

    for path in paths:
        for who in ("", "acme"):
            assert_harmless(elements(office, path, who))
    page = office.browser("acme").get(item_path(item))
    assert vector in page.text


@pytest.mark.parametrize(
    "path",
    [
        f"{BOARD}?search={{}}",
        f"{BOARD}?type={{}}",
        f"{BOARD}?tag={{}}",
        f"{BOARD}?cursor={{}}",
        f"{BOARD}/wanted/{{}}",
        f"{BOARD}/rigs/{{}}",
        "/sign-in?next=/{}",
        "/-/you?next={}",
        "/{}",
    ],
)
def test_markup_in_an_address_stays_text(office: Office, path: str) -> None:
    for vector in VECTORS:
        assert_harmless(elements(office, path.format(quote(vector, safe=""))))


@pytest.mark.parametrize("text", MARKDOWN)
def test_markdown_makes_no_script_no_picture_and_no_other_link(text: str) -> None:
    for tag, given in tags_of(str(markdown(text))):
        assert tag in {"p", "a", "code", "pre", "em"}, (tag, given)
        assert set(given) <= {"href", "rel"}
        assert (given.get("href") or "https://").startswith(("https://", "http://"))


def test_markdown_keeps_what_it_is_for() -> None:
    html = str(markdown("# Big\n\n- *one*\n\n[site](https://example.org) `code`\n\n|a|\n|-|\n|b|"))

    assert "<h3>Big</h3>" in html
    assert "<em>one</em>" in html
    assert '<a href="https://example.org" rel="nofollow noopener ugc">site</a>' in html
    assert "<td>b</td>" in html


@pytest.mark.parametrize("text", ["a\u202eb", "a\u2066b", "a\u200bb", "a\x1b[31mb", "a\x00b"])
def test_controls_and_marks_that_turn_text_are_seen(text: str) -> None:
    hidden = text[1]

    assert hidden not in shown(text)
    assert hidden not in str(markdown(text))


def test_a_handle_that_another_client_wrote_turns_nothing_around(own_office: Office) -> None:
    desk = own_office.desk
    engine = desk.hub.host.engine(desk.hub.host.repositories()[0])
    evil = "mallory\u202e<b>"
    with engine.change("main") as change:
        change.execute(
            "INSERT INTO `wanted` (`id`, `title`, `posted_by`, `status`, `tags`, `priority`) "
            "VALUES (:id, :title, :by, :status, :tags, :priority)",
            {
                "id": "w-evil",
                "title": "\u202etitle",
                "by": evil,
                "status": "<i>",
                "tags": "{}",
                "priority": 9,
            },
        )
        change.commit("other client", author="mallory", at=desk.hub.host.now(), tables=["wanted"])

    for path in (f"{BOARD}?status=all", item_path("w-evil"), f"{item_path('w-evil')}/peek"):
        page = own_office.browser("acme").get(path)
        assert 200 == page.status
        assert "\u202e" not in page.html
        assert "<i>" not in page.html
        assert "mallory\\u202e&lt;b&gt;" in page.html


def test_every_page_bears_the_policy_and_a_fresh_nonce(office: Office) -> None:
    seen = set()
    for path in ("/", BOARD, f"{BOARD}/rigs", "/sign-in", "/-/you", "/nowhere/at/all/here"):
        answer = office.browser().get(path).response
        policy = answer.headers["content-security-policy"]
        nonce = policy.partition("'nonce-")[2].partition("'")[0]
        seen.add(nonce)
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "require-trusted-types-for 'script'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.text.count(f'nonce="{nonce}"') >= 3
        assert "no-store" == answer.headers["cache-control"]
        assert "same-origin" == answer.headers["referrer-policy"]
    assert 6 == len(seen)


def test_files_are_kept_for_ever_under_the_name_of_their_content(office: Office) -> None:
    client: Any = office.browser().client
    page = office.browser().get(BOARD)
    sheets = [g["href"] or "" for t, g in page.tags if t == "link"]
    scripts = [g["src"] or "" for t, g in page.tags if t == "script"]

    for url in (*sheets, *scripts):
        answer = client.get(url)
        assert 200 == answer.status_code, url
        assert "public, max-age=31536000, immutable" == answer.headers["cache-control"]
    other = sheets[0].replace(sheets[0].split("/")[3], "0" * 20)
    assert 404 == client.get(other).status_code
    for name in ("../pages.py", "..%2fpages.py", "vendor/", "vendor/README"):
        assert 404 == client.get(f"{sheets[0].rpartition('/')[0]}/{name}").status_code


def test_no_address_of_the_interfaces_is_taken_by_a_page(office: Office) -> None:
    assert (
        "application/json" in (office.browser().client.get(f"{API}/wanted").headers["content-type"])
    )
