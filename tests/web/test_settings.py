"""The pages of settings: what they show to whom, what they change, and what they refuse."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from hub.desks import BOARD as REPO
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hub import members
from wasteland.hub.catalog import Visibility
from wasteland.hub.members import MemberRole
from web.browsers import BOARD, Browser, Office, open_office

SETTINGS = f"{BOARD}/settings"


@pytest.fixture
def owner(own_office: Office) -> Browser:
    return own_office.browser("acme")


def _give(office: Office, account: str, role: MemberRole) -> None:
    acme = office.desk.hub.caller(f"token {office.desk.tokens['acme']}")
    members.set_role(office.desk.hub, acme, REPO, account, role)


# --- general


def test_an_owner_renames_describes_and_hides_a_commons(own_office: Office, owner: Browser) -> None:
    head = own_office.head()

    page = owner.send(
        owner.get(f"{SETTINGS}/general").form("/general"),
        name="Dry Lake Commons",
        description="For a <b>calm</b> town.",
        visibility="private",
    )

    entry = own_office.desk.hub.catalog.entry(REPO)
    assert (200, Visibility.PRIVATE) == (page.status, entry.visibility)
    assert "For a <b>calm</b> town." == entry.description
    assert "Dry Lake Commons" in owner.get(BOARD).text
    assert "<b>calm</b>" not in page.html
    assert head == own_office.desk.hub.host.engine(REPO).log(limit=2)[1].hash
    own_office.account("zoe")
    assert 404 == own_office.browser("zoe").get(f"{SETTINGS}/general").status


def test_a_name_that_cannot_be_is_refused_and_kept_in_the_form(
    own_office: Office, owner: Browser
) -> None:
    head = own_office.head()
    form = owner.get(f"{SETTINGS}/general").form("/general")
    cases = {"": "name", "x" * 300: "255", "two\nlines": "line", "bell\x07": "control"}

    for name, why in cases.items():
        page = owner.send(form, name=name, description="kept as typed")

        assert (422, True) == (page.status, why in page.text), name
        assert "kept as typed" == page.form("/general").fields["description"]
    assert head == own_office.head()
    assert "" == own_office.desk.hub.catalog.entry(REPO).description


def test_who_may_not_change_them_reads_why(own_office: Office) -> None:
    page = own_office.member("ada").get(f"{SETTINGS}/general")

    assert (200, 2) == (page.status, page.text.count("closed to you"))
    assert "for the owners" in page.text


# --- policy


def test_a_changed_rule_is_tried_on_the_past_and_nothing_is_written(
    own_office: Office, owner: Browser
) -> None:
    own_office.member("ada")
    own_office.desk.post(who="ada")
    head = own_office.head()

    page = owner.send(
        owner.get(f"{SETTINGS}/policy").form("/policy"), post="trust:2", **{"try": "1"}
    )

    assert "1 of 1 refused" in page.text
    assert "ada has trust 1" in page.text
    assert "1 change, not saved" in page.text
    assert "trust:2" == page.form("/policy").fields["post"]
    assert head == own_office.head()


def test_rules_are_saved_as_one_commit_and_an_empty_one_is_the_presets(
    own_office: Office, owner: Browser
) -> None:
    form = owner.get(f"{SETTINGS}/policy").form("/policy")
    head = own_office.head()

    saved = owner.send(form, post="trust:2", lease_hours="24")

    assert head == own_office.desk.hub.host.engine(REPO).log(limit=2)[1].hash
    assert 2 == saved.text.count("this commons") - saved.text.count("that this commons")
    back = owner.send(saved.form("/policy"), post="", lease_hours="")
    assert (
        "trust:1"
        == own_office.desk.ok("GET", "/api/v1/commons/acme/board/policy", "acme")["items"][1][
            "value"
        ]
    ), back.text[:200]


def test_a_rule_that_cannot_be_is_refused_beside_its_field(
    own_office: Office, owner: Browser
) -> None:
    head = own_office.head()
    form = owner.get(f"{SETTINGS}/policy").form("/policy")
    cases = {"lease_hours": "0", "posts_per_day": "\u0661\u0662", "claims_cap": "<script>x"}

    for rule, text in cases.items():
        page = owner.send(form, **{rule: text})

        wrong = [given["name"] for _, given in page.tags if given.get("aria-invalid") == "true"]
        assert (422, [rule]) == (page.status, wrong)
        assert text == page.form("/policy").fields[rule]
        assert "<script>x" not in page.html
    assert 422 == owner.send(form, post="trust:9").status
    assert head == own_office.head()


def test_rules_that_changed_since_are_shown_and_not_overwritten(
    own_office: Office, owner: Browser
) -> None:
    stale = owner.get(f"{SETTINGS}/policy").form("/policy")
    owner.send(owner.get(f"{SETTINGS}/policy").form("/policy"), lease_hours="24")
    head = own_office.head()

    page = owner.send(stale, lease_hours="96")

    assert (409, head) == (page.status, own_office.head())
    assert "Changed since you looked" in page.text
    assert "24" == page.form("/policy").fields["lease_hours"]
    owner.send(page.form("/policy"), lease_hours="96")
    assert head != own_office.head()


def test_rules_are_words_to_who_may_not_change_them(own_office: Office) -> None:
    page = own_office.member("ada").get(f"{SETTINGS}/policy")

    assert "closed to you: Ada has trust 1" in page.text
    assert "trust 2 and up, or the poster" in page.text
    assert "select" not in {tag for tag, _ in page.tags}


# --- members


def test_a_member_is_added_changed_and_removed(own_office: Office, owner: Browser) -> None:
    own_office.member("ada")
    add = owner.get(f"{SETTINGS}/members").forms[-1]

    page = owner.send(add, account="ada", role="maintainer")

    assert "It does not end their tokens" in page.text
    changed = owner.send(page.form("/settings/members"), role="owner")
    assert "Ada is owner" in changed.text
    removed = owner.send(changed.form("/ada/remove"))
    assert 200 == removed.status
    assert {} == own_office.desk.hub.catalog.collaborators(REPO)


def test_who_has_no_account_cannot_be_a_member(own_office: Office, owner: Browser) -> None:
    form = owner.get(f"{SETTINGS}/members").forms[-1]

    for account in ("", "nobody-here", "<script>alert(1)</script>", "\u202eada"):
        page = owner.send(form, account=account, role="owner")

        assert 404 == page.status
        assert "<script>alert" not in page.html
    assert {} == own_office.desk.hub.catalog.collaborators(REPO)


def test_members_see_each_other_and_no_buttons(own_office: Office) -> None:
    ada = own_office.member("ada")
    _give(own_office, "ada", MemberRole.CONTRIBUTOR)

    page = ada.get(f"{SETTINGS}/members")

    assert (200, True) == (page.status, "Adding members is closed to you" in page.text)
    assert not [form for form in page.forms if "members" in form.action]


# --- pull requests, rigs


def test_pull_requests_are_merged_and_closed_from_their_table(
    own_office: Office, owner: Browser
) -> None:
    ada = own_office.member("ada")
    works = [own_office.post(title) for title in ("First", "Second")]
    for item in works:
        for verb, more in (("claim", {}), ("done", {"evidence": "https://example.org/1"})):
            own_office.desk.ok(
                "POST", f"/api/v1/commons/acme/board/wanted/{item}/{verb}", "ada", json=more
            )
    page = owner.get(f"{SETTINGS}/pulls")
    assert "2 open" in page.text
    merge, close = page.form("/pulls/1/merge"), page.form("/pulls/2/close")

    owner.send(merge)
    owner.send(merge)
    page = owner.send(close)

    states = {p.id: p.state.value for p in own_office.desk.hub.host.pulls(REPO, state=None)}
    assert {"1": "merged", "2": "closed"} == states
    assert "0 open" in page.text
    assert 403 == ada.send(close).status


def test_a_rig_is_found_and_its_trust_set(own_office: Office, owner: Browser) -> None:
    for name in ("ada", "ben"):
        own_office.member(name)
    page = owner.get(f"{SETTINGS}/rigs", params={"find": "AD"})
    assert "1 found" in page.text

    owner.send(page.form("/ada/trust"), level="2")

    assert "2, trusted" in owner.get(f"{SETTINGS}/rigs").text
    assert "No rig is called so" in owner.get(f"{SETTINGS}/rigs", params={"find": "%"}).text
    assert 422 == owner.send(page.form("/ada/trust"), level="9").status


# --- webhooks, access


def test_webhooks_are_switched_off_where_the_hub_calls_nobody(owner: Browser) -> None:
    page = owner.get(f"{SETTINGS}/webhooks")

    assert "switched off" in page.text
    assert not [form for form in page.forms if form.action.endswith("/webhooks")]


def test_a_webhook_shows_its_secret_once_and_its_address_never(tmp_path: Path) -> None:
    with open_office(tmp_path / "host", allow_outgoing=True) as office:
        owner = office.browser("acme")
        form = owner.get(f"{SETTINGS}/webhooks").form("/webhooks")
        page = owner.send(
            form, url="https://ci.example.org/key-4711", **{"event-push": "on", "event-stamp": "on"}
        )
        secret = next(iter(office.desk.hub.webhooks.hooks(REPO)))
        assert "whsec_" in page.text
        again = owner.get(f"{SETTINGS}/webhooks")
        assert "whsec_" not in again.html
        assert "key-4711" not in again.html
        assert {"push", "stamp"} == {name.value for name in secret.events}
        tested = owner.send(again.form("/test"))
        assert "waits" in tested.text
        assert 1 == len(office.desk.hub.webhooks.deliveries(secret))
        owner.send(tested.form("/remove"))
        assert [] == list(office.desk.hub.webhooks.hooks(REPO))
        assert 403 == owner.send(form, url="https://ci.example.org/twice").status
        wrong = owner.send(tested.form("/webhooks"), url="javascript:alert(1)")
        assert 422 == wrong.status
        assert "javascript:alert(1)" == wrong.form("/webhooks").fields["url"]


def test_admin_access_is_verified_or_tells_what_to_do(own_office: Office, owner: Browser) -> None:
    branches = own_office.desk.hub.host.engine(REPO).branches()
    good = owner.send(owner.get(f"{SETTINGS}/access").form("/access"))
    own_office.account("lea")
    _give(own_office, "lea", MemberRole.OWNER)
    lea = own_office.browser("lea")

    bad = lea.send(lea.get(f"{SETTINGS}/access").form("/access"))

    assert "Admin access is verified" in good.text
    assert "not verified" in bad.text
    assert "have a maintainer give it trust 3" in bad.text
    assert branches == own_office.desk.hub.host.engine(REPO).branches()


# --- export, danger


def test_the_board_is_taken_along_as_json_csv_and_database(
    own_office: Office, owner: Browser, tmp_path: Path
) -> None:
    item = own_office.post("Take me along")

    data = owner.client.get(f"{SETTINGS}/export/json")
    packed = owner.client.get(f"{SETTINGS}/export/csv")
    whole = owner.client.get(f"{SETTINGS}/export/database")

    assert [item] == [one["id"] for one in json.loads(data.text)["items"]]
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert "Take me along" in archive.read("wanted.csv").decode()
    (tmp_path / "copy.db").write_bytes(whole.content)
    with DoltLiteEngine(tmp_path / "copy.db") as engine:
        assert own_office.head() == engine.head()
    assert 404 == owner.get(f"{SETTINGS}/export/exe").status
    assert "attachment" in whole.headers["content-disposition"]


def test_a_private_commons_is_taken_along_by_members_only(own_office: Office) -> None:
    own_office.account("zoe")
    owner = own_office.browser("acme")
    owner.send(owner.get(f"{SETTINGS}/danger").form("/visibility"))

    assert 404 == own_office.browser("zoe").client.get(f"{SETTINGS}/export/json").status_code
    assert 404 == own_office.browser().client.get(f"{SETTINGS}/export/database").status_code
    assert 200 == owner.client.get(f"{SETTINGS}/export/json").status_code


def test_a_commons_is_not_deleted_under_another_name(own_office: Office, owner: Browser) -> None:
    form = owner.get(f"{SETTINGS}/danger").form("/delete")

    for typed in ("", "acme/boar", "ACME/BOARD", "acme/board/"):
        page = owner.send(form, typed=typed)

        assert (422, typed) == (page.status, page.form("/delete").fields["typed"])
    assert [REPO] == own_office.desk.hub.host.repositories()


def test_a_commons_is_deleted_once_its_name_is_typed(own_office: Office, owner: Browser) -> None:
    page = owner.get(f"{SETTINGS}/danger")
    assert "does not delete an upstream repository on another host" in page.text

    after = owner.send(page.form("/delete"), typed="acme/board")

    assert ([], "/") == (own_office.desk.hub.host.repositories(), after.path)
    assert 404 == owner.get(BOARD).status
