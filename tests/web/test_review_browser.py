"""Review in a real browser: the whole story in two of them, keys alone, no scripts, a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from hub.desks import API
from web.browsers import BOARD, Office, item_path, open_office
from web.chrome import WAIT_MS, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

REVIEW = f"{BOARD}/review"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
Signed = Callable[..., "Page"]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A hub with a maintainer and two rigs that may hold much."""
    with open_office(tmp_path_factory.mktemp("review") / "host") as found:
        for name, value in (("claims_cap", "0:0,1:99,2:99"), ("posts_per_day", "999")):
            found.desk.ok("PUT", f"{API}/policy/{name}", "acme", json={"value": value})
        for who in ("ben", "ada"):
            found.member(who)
        yield found


@pytest.fixture
def signed(browser: Browser, address: str, office: Office) -> Iterator[Signed]:
    """Return what opens a page as an account, in a browser of its own without complaints."""
    complaints: list[str] = []
    contexts = []

    def enter(who: str, path: str, **options: Any) -> Page:
        context = browser.new_context(base_url=address, **options)
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: _note(complaints, line))
        sign_in(page, office.desk.tokens[who], path)
        return page

    yield enter
    for context in contexts:
        context.close()
    assert [] == complaints


@pytest.fixture
def inbox(office: Office) -> Iterator[dict[str, str]]:
    """Three offers in the order of the inbox, title -> pull request; nothing waits afterwards."""
    found = {}
    for title in ("First", "Second"):
        item = office.post(title, type="bug")
        office.desk.ok("POST", f"{API}/wanted/{item}/claim", "ben")
        body = {"evidence": f"https://example.org/{title}"}
        found[title] = office.desk.ok("POST", f"{API}/wanted/{item}/done", "ben", json=body)["pull"]
    item = office.desk.ok("POST", f"{API}/wanted", "ada", json={"title": "Third"})["id"]
    body = {"title": "Third, renamed"}
    found["Third"] = office.desk.ok("PATCH", f"{API}/wanted/{item}", "ada", json=body)["pull"]
    yield found
    for waiting in office.desk.ok("GET", f"{API}/pulls", "acme")["items"]:
        office.desk.ok("POST", f"{API}/pulls/{waiting['pull']['id']}/close", "acme", json={})


def test_from_post_to_profile_in_two_browsers(office: Office, signed: Signed) -> None:
    ben, mia = signed("ben", f"{BOARD}/new"), signed("acme", BOARD)
    ben.fill("#title", "Mend the fence")
    ben.fill("#description", "It *creaks*.")
    ben.click("form.sheet button.go")
    ben.wait_for_selector("h1:has-text('Mend the fence')")
    ben.keyboard.press("c")
    ben.wait_for_selector(".toast:has-text('Claim is on main')")
    ben.keyboard.press("s")
    ben.wait_for_selector("textarea[name=evidence]:focus")
    ben.keyboard.type("https://example.org/pull/7 with tests")
    ben.click("form[action$='/done'] button.go")
    ben.wait_for_selector(".toast:has-text('waits for review')")

    mia.keyboard.press("g")
    mia.keyboard.press("r")
    mia.wait_for_selector(".desk-title:has-text('Mend the fence')")
    mia.wait_for_selector(".cards .cur")
    mia.click(".desk [data-drawer]")
    mia.wait_for_selector("#drawer:has-text('Nobody has stamped it yet')")
    mia.keyboard.press("Escape")
    mia.wait_for_selector("#drawer", state="hidden")
    assert "true" == mia.evaluate("String(document.activeElement.matches('[data-drawer]'))")
    _slide(mia, "quality", "1")
    _slide(mia, "creativity", "0.6")
    assert "excellent 1.0" == mia.inner_text(".dims output >> nth=0")
    assert "fair 0.6" == mia.inner_text(".dims output >> nth=2")
    mia.fill("textarea[name=message]", "Silent now")
    mia.keyboard.press("Escape")
    mia.keyboard.press("a")
    mia.wait_for_selector(".toast:has-text('Accept is on main')")

    ben.goto(f"{BOARD}/rigs/ben")
    ben.wait_for_selector(".book .ink[aria-label*='excellent']")
    ben.click(".as-table summary")
    assert "Silent now" in ben.inner_text(".as-table")
    stamp = office.desk.rows("SELECT valence FROM stamps")[-1]["valence"].replace(" ", "")
    assert '{"creativity":0.6,"quality":1.0,"reliability":1.0}' == stamp


def test_triage_by_keys_alone(office: Office, signed: Signed, inbox: dict[str, str]) -> None:
    page = signed("acme", REVIEW)
    page.wait_for_selector(f"#desk[data-pull='{inbox['First']}']")
    page.wait_for_selector(".cards .cur:has-text('First')")

    page.keyboard.press("j")
    page.wait_for_selector(f"#desk[data-pull='{inbox['Second']}']")
    page.wait_for_url(f"**{REVIEW}/{inbox['Second']}")
    page.keyboard.press("j")
    page.wait_for_selector("#desk .desk-title:has-text('Third, renamed')")
    page.keyboard.press("k")
    page.wait_for_selector(f"#desk[data-pull='{inbox['Second']}']")
    page.keyboard.press("m")
    page.wait_for_selector("#comment-body:focus")
    page.keyboard.type("jkaxem are letters here")
    page.keyboard.press("Escape")
    page.wait_for_selector("#comment-body", state="hidden")
    page.keyboard.press("e")
    page.wait_for_selector("#changes-body:focus")
    page.keyboard.type("Name the file")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".talk:has-text('Name the file')")
    assert page.url.rstrip("#talk").endswith(inbox["Second"])

    page.keyboard.press("x")
    page.wait_for_selector("#reject-reason:focus")
    page.keyboard.type("No test")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#desk .desk-title:has-text('Third, renamed')")
    page.keyboard.press("a")
    page.wait_for_selector(".toast:has-text('Merge is on main')")
    page.wait_for_selector(f"#desk[data-pull='{inbox['First']}']")
    page.keyboard.press("a")
    page.wait_for_selector("input[name=quality-score]:focus")
    page.keyboard.press("End")
    page.keyboard.press("a")
    page.wait_for_selector("h2:has-text('Nothing waits')")
    page.keyboard.press("u")

    states = [office.desk.ok("GET", f"{API}/pulls/{n}")["pull"]["state"] for n in inbox.values()]
    assert ["merged", "closed", "merged"] == states
    assert 0 == len(office.desk.ok("GET", f"{API}/pulls", "acme")["items"])


def test_all_that_passed_is_accepted_at_once_after_a_look(
    office: Office, signed: Signed, inbox: dict[str, str]
) -> None:
    page = signed("acme", REVIEW)
    page.wait_for_selector(".passed:has-text('3 passed')")
    page.wait_for_selector(".cards .cur")

    page.keyboard.press("Shift+A")
    page.wait_for_selector("h1:has-text('Accept what passed the gate')")
    page.uncheck(f"input[name='pull-{inbox['Second']}']")
    page.check("input[name=by][value=words]", force=True)
    page.select_option("select[name=quality]", "good")
    page.click("form.sheet button.go")

    page.wait_for_selector("h1:has-text('2 decided')")
    assert 2 == page.locator(".batch-list li[data-s=ok] .id").count()
    waiting = office.desk.ok("GET", f"{API}/pulls", "acme")["items"]
    assert [inbox["Second"]] == [each["pull"]["id"] for each in waiting]


def test_words_and_sliders_are_one_value_and_a_dimension_is_added(
    signed: Signed, inbox: dict[str, str]
) -> None:
    page = signed("acme", f"{REVIEW}/{inbox['First']}")

    _slide(page, "quality", "0.8")
    page.check("input[name=by][value=words]", force=True)
    assert "good" == page.input_value("select[name=quality]")
    page.select_option("select[name=quality]", "poor")
    page.check("input[name=by][value=sliders]", force=True)
    assert "0.4" == page.input_value("input[name=quality-score]")
    assert "poor, 0.40" == page.get_attribute("input[name=quality-score]", "aria-valuetext")
    page.click(".more-dims summary")
    page.fill("input[name=extra-0-name]", "speed")
    _slide(page, "extra-0", "0.6")
    page.click("button[form=stamp]")

    page.wait_for_selector(".toast:has-text('Accept is on main')")


def test_everything_is_decided_without_scripts(
    office: Office, signed: Signed, inbox: dict[str, str]
) -> None:
    page = signed("acme", REVIEW, java_script_enabled=False)

    page.click(".card:has-text('Second') a")
    page.click(".desk [data-drawer]")
    assert "Turned down" in page.inner_text("#drawer")
    page.click("#drawer a[aria-label='Close drawer']")
    page.check("input[name=by][value=words]", force=True)
    assert not page.is_visible("input[name=quality-score]")
    page.select_option("select[name=quality]", "fair")
    page.click("button[form=stamp]")
    assert "Accept is on main" in page.inner_text(".toast")
    page.click(".card:has-text('Third') a")
    page.click("summary:has-text('Close without merging')")
    page.fill("#decline-reason", "The old one is better")
    page.click("form[action*='/decline'] button")
    assert "main never had it" in page.inner_text(".toast")
    page.click("summary:has-text('Reject')")
    page.fill("#reject-reason", "No test")
    page.click("form[action*='/reject'] button")
    assert "Nothing waits" in page.inner_text("main")


def test_on_a_phone_inbox_and_desk_are_two_steps_and_the_stamp_is_a_sheet(
    signed: Signed, inbox: dict[str, str]
) -> None:
    page = signed("acme", REVIEW, **PHONE)
    assert not page.is_visible("#desk")
    assert 390 == page.evaluate("document.documentElement.scrollWidth")

    page.tap(".card:has-text('First') a")
    page.wait_for_selector("#desk >> text=The gate would merge this.")
    assert not page.is_visible(".inbox")
    assert not page.is_visible("select[name=confidence]")
    page.tap("a[href='#stamp']")
    page.wait_for_selector("select[name=confidence]")
    assert 390 == page.evaluate("document.documentElement.scrollWidth")
    page.check("input[name=by][value=words]", force=True)
    page.select_option("select[name=quality]", "good")
    page.tap(".sheet-go button")

    page.wait_for_selector(".toast:has-text('Accept is on main')")
    page.tap(".desk a.back")
    page.wait_for_selector(".inbox .card")


def test_who_may_not_decide_is_told_why_in_place(
    office: Office, signed: Signed, inbox: dict[str, str]
) -> None:
    own = signed("ben", f"{REVIEW}/{inbox['First']}")
    other = signed("ada", item_path(_item(office)))

    assert "Accept is closed to you: ben has trust 1" in own.inner_text("#press")
    assert 0 == own.locator("button[data-key=a]").count()
    assert "Accept and stamp is closed to you" in other.inner_text(".act-stub")


def _item(office: Office) -> str:
    """Return an item whose work waits."""
    waiting = office.desk.ok("GET", f"{API}/pulls", "acme")["items"]
    return str(waiting[0]["card"]["wanted_ids"][0])


def _slide(page: Page, name: str, score: str) -> None:
    """Move a slider."""
    page.fill(f"input[name={name}-score]", score)


def _note(complaints: list[str], line: Any) -> None:
    if line.type == "error" and "Failed to load resource" not in line.text:
        complaints.append(line.text)
