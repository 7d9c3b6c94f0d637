"""What the rigs of a kill campaign do at a hub, one request after the other."""

from __future__ import annotations

import http.client
import random
from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

from boards import REPO
from served import API, V1, Answer, Client, pull_body, write_path

from wasteland.hosts.base import RepoName


@dataclass(frozen=True)
class Request:
    """
    A request that can be repeated.

    Attributes:
        token: Whose it is.
        says: Members of the answer that a repetition must have too.
    """

    name: str
    token: str
    method: str
    path: str
    body: Mapping[str, Any] | None
    says: tuple[str, ...]


Chain = Generator[Request, Answer, None]


class Worker:
    """
    A rig that goes on where it was when the hub comes back.

    Attributes:
        facts: What was acknowledged, as kind and name.
        spare: Accounts without a fork, with their tokens.
        repeated: Requests sent again that were not answered.
        asked_again: Requests sent again that were.
        put_off: Requests that were told to come again, and did.
        lost_logins: Signed in, but the token was never told.
        is_catching_up: Whether it has something to repeat first.
    """

    def __init__(
        self,
        rig: str,
        token: str,
        maintainer: str,
        fork: str,
        chain: str,
        seed: int,
        spare: dict[str, str],
    ) -> None:
        self.rig = rig
        self.token = token
        self.maintainer = maintainer
        self.fork = fork
        self.spare = spare
        self.facts: list[tuple[str, str]] = []
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.repeated = 0
        self.asked_again = 0
        self.put_off = 0
        self.lost_logins = 0
        self.is_catching_up = False
        self.number = 0
        self._chain = chain
        self._dice = random.Random(f"{seed} {rig}")
        self._steps: Chain | None = None
        self._open: tuple[Request, str] | None = None
        self._last: tuple[Request, str, Answer] | None = None

    def work(self, port: int) -> None:
        """Catch up, then send one request after the other until the hub is gone."""
        self.is_catching_up = True
        client = Client(port)
        try:
            self._catch_up(client)
            self.is_catching_up = False
            while True:
                self._go_on(client)
        except (OSError, http.client.HTTPException):
            return
        except Exception as error:  # noqa: BLE001  # told with the others
            self.wrong.append(f"{self.rig}: {type(error).__name__} {error}")
        finally:
            self.is_catching_up = False
            client.close()

    def settle(self, port: int) -> None:
        """Get what is under way answered."""
        client = Client(port)
        self._catch_up(client)
        client.close()

    def _catch_up(self, client: Client) -> None:
        if self._last:
            request, key, first = self._last
            again = self._send(client, request, key)
            self.asked_again += 1
            for member in request.says:
                if again.body.get(member) != first.body.get(member):
                    self.wrong.append(
                        f"{self.rig}: {request.name} was answered {_told(first)}, "
                        f"and then {_told(again)}"
                    )
            self._last = None
        if self._open:
            request, key = self._open
            answer = self._send(client, request, key)
            self.repeated += 1
            self._answered(request, key, answer)

    def _go_on(self, client: Client) -> None:
        if self._steps is None:
            self.number += 1
            self._steps = getattr(self, f"_{self._chain}")()
            request = next(self._steps)
            self._pending = request
        request = self._pending
        key = f"{self.rig}-{self.number}-{request.name}-{self._dice.getrandbits(32):x}"
        self._open = (request, key)
        self._answered(request, key, self._send(client, request, key))

    def _send(self, client: Client, request: Request, key: str) -> Answer:
        client.token = request.token
        answer = client.insist(request.method, request.path, request.body, key=key)
        self.put_off += answer.put_off
        return answer

    def _answered(self, request: Request, key: str, answer: Answer) -> None:
        self._open = None
        # A token is told once: who was not told begins to sign in anew.
        is_lost = request.name == "token" and answer.status == 404
        if not _succeeded(answer) and not is_lost:
            self.wrong.append(f"{self.rig}: {request.name} {key} was answered {_told(answer)}")
            self._steps = None
            return
        self.done[request.name] += 1
        self._last = (request, key, answer) if request.says else None
        assert self._steps
        try:
            self._pending = self._steps.send(answer)
        except StopIteration:
            self._steps = None

    # --- what they do

    def _item(self, name: str, token: str, path: str, body: Mapping[str, Any]) -> Request:
        return Request(name, token, "POST", f"{API}/wanted{path}", body, ("op_id", "id", "commit"))

    def _post(self) -> Generator[Request, Answer, str]:
        title = f"{self.rig} number {self.number}"
        answer = yield self._item("post", self.token, "", {"title": title})
        self.facts += [("commit", answer.body["op_id"]), ("post", title)]
        return str(answer.body["id"])

    def _api(self) -> Chain:
        item = yield from self._post()
        answer = yield self._item("claim", self.token, f"/{item}/claim", {})
        self.facts.append(("commit", answer.body["op_id"]))
        evidence = {"evidence": f"https://example.org/{item}"}
        yield self._item("done", self.token, f"/{item}/done", evidence)
        answer = yield self._item("accept", self.maintainer, f"/{item}/accept", {"quality": "good"})
        self.facts += [("commit", answer.body["op_id"]), ("accept", item)]

    def _sql(self) -> Chain:
        item = yield from self._post()
        fork, branch = RepoName(self.rig, REPO.name), f"wl/{self.rig}/{item}"
        sql = f"UPDATE wanted SET description = 'better {item}' WHERE id = '{item}'"
        written = ("to_commit_id",)
        path = write_path(fork, branch)
        yield Request("write", self.token, "POST", path, {"query": sql}, written)
        offer = pull_body(fork, branch)
        path = f"{V1}/{REPO}/pulls"
        answer = yield Request("offer", self.token, "POST", path, offer, ("pull_id",))
        pull = answer.body["pull_id"]
        path = f"{V1}/{REPO}/pulls/{pull}/merge"
        yield Request("merge", self.maintainer, "POST", path, {}, ("pull_id", "merge_commit_id"))
        self.facts.append(("merge", item))

    def _account(self) -> Chain:
        if self.spare:
            name, token = self.spare.popitem()
            body = {
                "ownerName": name,
                "parentOwnerName": REPO.owner,
                "parentDatabaseName": REPO.name,
            }
            yield Request("fork", token, "POST", f"{V1}/fork", body, ("forked_owner",))
            self.facts.append(("fork", f"{name}/{REPO.name}"))
        login = "/api/v1/logins"
        label = {"label": f"{self.rig} {self.number}"}
        begun = yield Request("login", "", "POST", login, label, ())
        code = {"code": begun.body["code"]}
        yield Request("confirm", self.token, "POST", f"{login}/confirm", code, ())
        secret = {"secret": begun.body["secret"]}
        answer = yield Request("token", "", "POST", f"{login}/token", secret, ())
        if answer.is_good:
            token = answer.body["token"]
            yield Request("whoami", token, "GET", "/api/v1/whoami", None, ("account",))
        else:
            self.lost_logins += 1


CHAINS = ("api", "sql", "account")


def _succeeded(answer: Answer) -> bool:
    body = answer.body if isinstance(answer.body, dict) else {}
    return answer.is_good and body.get("query_execution_status", "Success") == "Success"


def _told(answer: Answer) -> str:
    return f"{answer.status} {str(answer.body)[:300]}"
