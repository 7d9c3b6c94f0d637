"""
A client that knows nothing of the gate, as it writes on a hub: statements on a branch of the rig's
own fork, one commit each, then a pull request.

The statements are those of the existing Go client, in the spelling of the embedded engine.
"""

from __future__ import annotations

from collections.abc import Mapping

from commons.casts import REPO, Cast
from wasteland.commons import offers
from wasteland.commons.offers import Decision
from wasteland.commons.session import Seat, Session
from wasteland.hosts.base import PullRequest, PullState
from wasteland.protocol.names import register_branch, work_branch
from wasteland.protocol.schema import Value

CLIENT_CLOCK = "2026-03-01 11:58:30"
_REGISTER = """
    INSERT INTO rigs (handle, display_name, dolthub_org, hop_uri, owner_email, gt_version,
                      trust_level, registered_at, last_seen)
    VALUES (:rig, :name, :account, :hop, :email, 'dev', :trust, :now, :now)
"""
_POST = """
    INSERT INTO wanted (id, title, description, project, type, priority, tags, posted_by, status,
                        effort_level, created_at, updated_at)
    VALUES (:id, :title, NULL, NULL, 'zzz', 0, '["go"]', :rig, 'open', 'medium', :now, :now)
"""
_CLAIM = """
    UPDATE wanted SET claimed_by = :rig, status = 'claimed', updated_at = :now
    WHERE id = :id AND status = 'open'
"""
_UNCLAIM = """
    UPDATE wanted SET claimed_by = NULL, status = 'open', updated_at = :now
    WHERE id = :id AND status = 'claimed'
"""
_DONE = """
    UPDATE wanted SET status = 'in_review', evidence_url = :evidence, updated_at = :now
    WHERE id = :id AND status = 'claimed' AND claimed_by = :rig
"""
_COMPLETE = """
    INSERT OR IGNORE INTO completions (id, wanted_id, completed_by, evidence, hop_uri, completed_at)
    SELECT :completion, :id, :rig, :evidence, :hop, :now FROM wanted
    WHERE id = :id AND status = 'in_review' AND claimed_by = :rig
      AND NOT EXISTS (SELECT 1 FROM completions WHERE wanted_id = :id)
"""
_STAMP = """
    INSERT INTO stamps (id, author, subject, valence, confidence, severity, context_id,
                        context_type, skill_tags, message, hop_uri, created_at)
    VALUES (:stamp, :rig, :subject, :valence, 1.0, :severity, :completion, 'completion',
            NULL, NULL, :hop, :now)
"""
_VALIDATE = """
    UPDATE completions SET validated_by = :rig, stamp_id = :stamp, validated_at = :now
    WHERE id = :completion
"""
_COMPLETED = """
    UPDATE wanted SET status = 'completed', updated_at = :now
    WHERE id = :id AND status = 'in_review'
"""
_DROP = "DELETE FROM completions WHERE wanted_id = :id"
_COPY = """
    INSERT OR IGNORE INTO completions (id, wanted_id, completed_by, evidence, hop_uri, completed_at)
    VALUES (:completion, :id, :subject, :evidence, :hop, :now)
"""
_ADOPTED = """
    UPDATE wanted SET status = 'completed', claimed_by = :subject, evidence_url = :evidence,
                      updated_at = :now
    WHERE id = :id
"""
_GIVE_BACK = """
    UPDATE wanted SET status = 'claimed', updated_at = :now
    WHERE id = :id AND status = 'in_review'
"""
_WITHDRAW = """
    UPDATE wanted SET status = 'withdrawn', updated_at = :now
    WHERE id = :id AND status = 'open'
"""
_RETITLE = """
    UPDATE wanted SET title = :title, priority = 1, updated_at = :now
    WHERE id = :id AND status = 'open'
"""


class Foreign:
    """One rig of the existing client, with its account's fork."""

    def __init__(self, cast: Cast, rig: str, account: str = "") -> None:
        self.host = cast.host
        self.rig = rig
        self.account = account or rig
        self.hub = Session(cast.host, REPO, Seat())

    # --- the steps; each answers with what the hub decides

    def register(self, *, trust: int = 1) -> Decision:
        values: dict[str, Value] = {"name": self.rig.title(), "trust": trust}
        values["email"] = f"{self.rig}@example.org"
        return self.offer(register_branch(self.rig), {_REGISTER: values})

    def post(self, item: str, *, title: str = "Fix it", branch: str = "") -> Decision:
        return self.step(branch or item, {_POST: {"id": item, "title": title}})

    def claim(self, item: str) -> Decision:
        return self.step(item, {_CLAIM: {}})

    def unclaim(self, item: str) -> Decision:
        return self.step(item, {_UNCLAIM: {}})

    def done(self, item: str, evidence: str = "https://x.test/1") -> Decision:
        return self.step(item, {sql: {"evidence": evidence} for sql in (_DONE, _COMPLETE)})

    def update(self, item: str, title: str) -> Decision:
        return self.step(item, {_RETITLE: {"title": title}})

    def delete(self, item: str) -> Decision:
        return self.step(item, {_WITHDRAW: {}})

    def reject(self, item: str) -> Decision:
        return self.step(item, {_DROP: {}, _GIVE_BACK: {}})

    def close(self, item: str) -> Decision:
        return self.step(item, {_COMPLETED: {}})

    def accept(self, item: str, completion: str, subject: str, **cells: Value) -> Decision:
        values = {"completion": completion, "subject": subject, **cells}
        return self.step(item, dict.fromkeys((_STAMP, _VALIDATE, _COMPLETED), values))

    def accept_upstream(self, item: str, subject: str, evidence: str, **cells: Value) -> Decision:
        values = {"subject": subject, "evidence": evidence, "completion": f"c-2-{item}", **cells}
        return self.step(item, dict.fromkeys((_DROP, _COPY, _ADOPTED, _STAMP, _VALIDATE), values))

    def close_upstream(self, item: str, subject: str, evidence: str) -> Decision:
        values = {"subject": subject, "evidence": evidence, "completion": f"c-2-{item}"}
        return self.step(item, dict.fromkeys((_DROP, _COPY, _ADOPTED), values))

    # --- how they are written

    def step(self, item: str, statements: Mapping[str, Mapping[str, Value]]) -> Decision:
        """Run *statements* on the work branch of *item* and offer it."""
        values = {sql: {"id": item, **more} for sql, more in statements.items()}
        return self.offer(work_branch(self.rig, item), values)

    def offer(self, branch: str, statements: Mapping[str, Mapping[str, Value]]) -> Decision:
        """Run *statements* on *branch*, open its pull request, ask the hub."""
        self.write(branch, statements)
        return self.ask(branch)

    def write(self, branch: str, statements: Mapping[str, Mapping[str, Value]]) -> None:
        """Run *statements* on *branch* of the fork, one commit each, and offer nothing yet."""
        engine = self.host.engine(self.host.fork(REPO, self.account))
        if branch not in {found.name for found in engine.branches("wl/")}:
            engine.create_branch(branch)
        for sql, values in statements.items():
            item = branch.rpartition("/")[2]
            given = {"completion": f"c-{self.rig}-{item}", "stamp": f"s-{self.rig}-{item}"}
            given |= {"valence": '{"quality": 4, "reliability": 0}', "severity": "leaf"}
            given |= {"rig": self.rig, "account": self.account, "now": CLIENT_CLOCK}
            params = {**given, "hop": f"hop://{self.rig}@example.org/{self.rig}/", **values}
            used = {name: value for name, value in params.items() if f":{name}" in sql}
            spelled = (
                sql if engine.dialect.name == "doltlite" else sql.replace(" OR IGNORE", " IGNORE")
            )
            with engine.change(branch) as change:
                change.run(spelled, used)
                change.commit("write", author=self.rig, at=self.host.now(), tables=_TABLES)

    def ask(self, branch: str) -> Decision:
        """Open the pull request of *branch*, or move its head; ask the hub."""
        return offers.consider(self.hub, self.pull(branch))

    def pull(self, branch: str) -> PullRequest:
        """Return the open pull request of *branch*, opened or moved on."""
        fork = self.host.fork(REPO, self.account)
        return self.host.open_pull(
            REPO, source=fork, branch=branch, title=f"[wl] {branch}", body="", author=self.account
        )

    def open_pulls(self) -> list[str]:
        """Return the branches that this account still has on offer."""
        pulls = self.host.pulls(REPO, state=PullState.OPEN, author=self.account)
        return [pull.branch for pull in pulls]


_TABLES = ("rigs", "wanted", "completions", "stamps", "_meta", "wlx_moderation")
