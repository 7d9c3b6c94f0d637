"""Making a commons on a page: one form, and a board to begin with."""

from __future__ import annotations

import pytest

from wasteland.commons import queries, samples
from wasteland.engines.base import Engine
from wasteland.hosts.base import RepoName
from wasteland.hub.catalog import Visibility
from wasteland.hub.tokens import Scope
from wasteland.protocol.errors import Unavailable
from web.browsers import Browser, Office


@pytest.fixture(scope="module")
def ada(office: Office) -> Browser:
    """The browser of an account that owns an organisation besides."""
    office.account("ada")
    office.desk.hub.accounts.add("union", is_organisation=True)
    office.desk.hub.accounts.set_member("union", "ada", is_owner=True)
    office.desk.hub.accounts.add("guild", is_organisation=True)
    office.desk.hub.accounts.set_member("guild", "ada")
    return office.browser("ada")


def meta(office: Office, repo: str) -> dict[str, str | None]:
    return dict(queries.meta(queries.at(office.desk.hub.host.engine(RepoName.parse(repo)))))


def test_a_commons_is_made_with_its_maker_as_the_first_rig(office: Office, ada: Browser) -> None:
    form = ada.get("/-/new").form("/-/new")

    page = ada.send(form, name="notes", title="Notes", description="Small things", policy="team")

    assert (200, "/ada/notes") == (page.status, page.path)
    assert "The first item sets the tone" in page.text
    stated = meta(office, "ada/notes")
    assert ("Notes", "team") == (stated["wasteland_name"], stated["policy.preset"])
    engine = office.desk.hub.host.engine(RepoName("ada", "notes"))
    [rig] = engine.read("SELECT handle, trust_level, dolthub_org FROM rigs")
    assert ("ada", 3, "ada") == (rig["handle"], rig["trust_level"], rig["dolthub_org"])
    assert "Small things" == office.desk.hub.catalog.entry(RepoName("ada", "notes")).description


def test_samples_fill_the_board(ada: Browser) -> None:
    form = ada.get("/-/new").form("/-/new")

    page = ada.send(form, owner="union", name="yard", handle="ada", template="sample")

    assert "/union/yard" == page.path
    for item in samples.ITEMS:
        assert item["title"] in page.text


def test_a_private_commons_is_seen_by_its_owner_alone(office: Office, ada: Browser) -> None:
    form = ada.get("/-/new").form("/-/new")

    ada.send(form, name="secrets", visibility="private")

    found = office.desk.hub.catalog.entry(RepoName("ada", "secrets"))
    assert Visibility.PRIVATE is found.visibility
    assert 200 == ada.get("/ada/secrets").status
    assert 404 == office.browser().get("/ada/secrets").status
    assert "ada/secrets" not in office.browser().get("/?all").text


def test_the_rules_of_another_commons_are_taken_over(office: Office, ada: Browser) -> None:
    office.desk.ok(
        "PUT", "/api/v1/commons/acme/board/policy/claim", "acme", json={"value": "trust:2"}
    )
    form = ada.get("/-/new").form("/-/new")

    page = ada.send(form, name="alike", rules_of="acme/board")

    assert "/ada/alike" == page.path
    assert "trust:2" == meta(office, "ada/alike")["policy.claim"]


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("name", "", "cannot be a database"),
        ("name", "../etc", "cannot be a database"),
        ("name", "x" * 100, "cannot be a database"),
        ("handle", "Not A Handle", "handle"),
        ("title", "x" * 300, "255"),
        ("description", "x" * 5000, "4096"),
        ("rules_of", "nobody/nothing", "no commons"),
        ("rules_of", "<script>", "no commons"),
    ],
)
def test_what_breaks_its_form_is_told_beside_the_field(
    office: Office, ada: Browser, field: str, typed: str, told: str
) -> None:
    before = len(office.desk.hub.host.repositories())
    form = ada.get("/-/new").form("/-/new")

    page = ada.send(form, **{"name": "broken", "title": "Kept", field: typed})

    assert 400 <= page.status < 500, page.text
    again = page.form("/-/new")
    assert typed == again.fields[field]
    invalid = [given.get("id") for tag, given in page.tags if "aria-invalid" in given]
    assert [field] == invalid, page.text[:600]
    assert told in page.text
    assert before == len(office.desk.hub.host.repositories())


def test_a_second_of_one_name_is_refused_and_the_first_stays(office: Office, ada: Browser) -> None:
    form = ada.get("/-/new").form("/-/new")
    ada.send(form, name="twice", title="First")

    page = ada.send(form, name="Twice", title="Second")

    assert 409 == page.status
    assert "already exists" in page.text
    assert "First" == meta(office, "ada/twice")["wasteland_name"]


def test_a_form_that_is_sent_twice_makes_one_and_leads_to_it(ada: Browser) -> None:
    form = ada.get("/-/new").form("/-/new")

    first, second = (ada.send(form, name="sent-twice") for _ in range(2))

    assert [(200, "/ada/sent-twice")] * 2 == [(one.status, one.path) for one in (first, second)]


def test_a_commons_may_be_written_directly(office: Office, ada: Browser) -> None:
    ada.send(ada.get("/-/new").form("/-/new"), name="direct", mode="direct")

    assert "direct" == meta(office, "ada/direct")["policy.mode"]


def test_one_that_cannot_be_read_does_not_hide_the_others(
    office: Office, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.send(ada.get("/-/new").form("/-/new"), name="broken")
    read = office.desk.hub.host.engine

    def engine(repo: RepoName) -> Engine:
        if repo.name == "broken":
            raise Unavailable("Its server is gone.")
        return read(repo)

    monkeypatch.setattr(office.desk.hub.host, "engine", engine)

    page = ada.get("/?all")

    assert 200 == page.status
    assert "acme/board" in page.text
    assert "cannot be read now" in page.text


def test_only_namespaces_of_ones_own_are_offered_and_taken(ada: Browser) -> None:
    page = ada.get("/-/new")
    offered = [given["value"] for tag, given in page.tags if tag == "option"]

    refused = ada.send(page.form("/-/new"), owner="guild", name="mine")

    assert ["ada", "union"] == offered
    assert 403 == refused.status
    assert "guild" in refused.text


def test_nobody_and_readers_make_nothing(office: Office) -> None:
    office.account("reader", scope=Scope.READ)

    assert 401 == office.browser().get("/-/new").status
    assert 403 == office.browser("reader").get("/-/new").status


def test_one_s_own_commons_come_first_and_are_searched(ada: Browser) -> None:
    ada.send(ada.get("/-/new").form("/-/new"), name="findable", description="A Needle in it")

    page = ada.get("/", params={"all": "", "search": "needle"})
    rows = [given["href"] for tag, given in page.tags if tag == "a" and "data-row" in given]
    everything = ada.get("/?all").text

    assert ["/ada/findable"] == rows
    assert everything.index("ada/findable") < everything.index("acme/board")
    assert "No commons is called so" in ada.get("/?all&search=no-such-thing").text


def test_another_rig_may_answer_to_ones_own(office: Office) -> None:
    browser = office.member("max")
    form = browser.get("/acme/board/join").form("/join")

    page = browser.send(form, handle="max-bot", rig_type="agent", parent="max")

    assert 200 == page.status, page.text
    engine = office.desk.hub.host.engine(RepoName("acme", "board"))
    [rig] = engine.read("SELECT rig_type, parent_rig FROM rigs WHERE handle = 'max-bot'")
    assert ("agent", "max") == (rig["rig_type"], rig["parent_rig"])
