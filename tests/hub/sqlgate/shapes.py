"""Statements that clients of a hub send: the existing Go client's shapes, and a guide's recipes."""

from __future__ import annotations

from dataclasses import dataclass

from hub.sqlgate.databases import BOB, NEAR

_BOARD = (
    "SELECT id, title, COALESCE(project,'') as project, COALESCE(type,'') as type, priority, "
    "COALESCE(posted_by,'') as posted_by, COALESCE(claimed_by,'') as claimed_by, status, "
    "COALESCE(effort_level,'medium') as effort_level FROM wanted"
)


@dataclass(frozen=True)
class Read:
    """
    A query.

    Attributes:
        sql: As sent.
        expected: Its rows with numbers as they are, None where only the engines are compared.
    """

    sql: str
    expected: list[tuple[object, ...]] | None = None


READS = [
    Read("SELECT id FROM wanted WHERE status = 'open' ORDER BY id", [("w-1",), ("w-2",), ("w-3",)]),
    Read(f"{_BOARD} ORDER BY priority ASC, created_at DESC, id LIMIT 50"),
    Read(f"{_BOARD} WHERE status = 'open' AND priority = 1 ORDER BY id LIMIT 2"),
    Read(f"{_BOARD} WHERE project = 'hub' AND type = 'bug' ORDER BY id"),
    Read("SELECT id FROM wanted WHERE title LIKE '%fix%' ORDER BY id", [("w-2",)]),
    Read("SELECT id FROM wanted WHERE title LIKE 'a\\_b'", [("w-3",)]),
    Read("SELECT id FROM wanted WHERE title LIKE 'a_b' ORDER BY id", [("w-3",), ("w-4",)]),
    Read("SELECT id FROM wanted WHERE title LIKE '%100\\%%'", [("w-2",)]),
    Read("SELECT id FROM wanted WHERE title LIKE '%\\\\\\\\%'", [("w-2",)]),
    Read("SELECT id FROM wanted WHERE title LIKE '%''now''%'", [("w-2",)]),
    Read("SELECT id FROM wanted WHERE title LIKE '%|%'", []),
    Read("SELECT id FROM wanted WHERE title LIKE 'a|_b' ESCAPE '|'", [("w-3",)]),
    Read("SELECT id FROM wanted WHERE title LIKE 'a\\_b' ESCAPE '\\\\'", [("w-3",)]),
    Read("SELECT id FROM wanted WHERE title LIKE 'axb' ESCAPE '\\\\'", [("w-4",)]),
    Read("SELECT id FROM wanted WHERE title NOT LIKE '%\\_%' AND priority = 1", [("w-1",)]),
    Read("SELECT id, title FROM wanted WHERE id LIKE 'w-1%' LIMIT 3", [("w-1", "Fix it")]),
    Read("SELECT id FROM wanted WHERE title = 'fix IT \\\\ 100% ''now'''", [("w-2",)]),
    Read("SELECT description FROM wanted WHERE id = 'w-3'", [("line\nnext",)]),
    Read("SELECT title FROM wanted WHERE id = 'w-5'", [("caf\u00e9 -- /* ; */",)]),
    Read("SELECT title, status FROM wanted WHERE id='nobody'", []),
    Read("SELECT * FROM wanted ORDER BY id"),
    Read("SELECT COUNT(*) AS cnt FROM wanted WHERE id='w-1'", [(1,)]),
    Read("SELECT COUNT(*) FROM rigs", [(2,)]),
    Read("SELECT status, COUNT(*) AS n FROM wanted GROUP BY status ORDER BY n DESC, status"),
    Read(
        "SELECT status, COUNT(*) n FROM wanted GROUP BY status HAVING COUNT(*) > 1", [("open", 3)]
    ),
    Read(
        "SELECT s.subject, COUNT(*) AS stamp_count, SUM(CASE s.severity WHEN 'root' THEN 5 WHEN "
        "'branch' THEN 3 WHEN 'leaf' THEN 1 ELSE 0 END) AS weighted_score, "
        "COUNT(DISTINCT s.author) AS unique_towns, "
        "COALESCE(AVG(JSON_EXTRACT(s.valence, '$.quality')), 0) AS avg_quality, "
        "COALESCE(AVG(JSON_EXTRACT(s.valence, '$.reliability')), 0) AS avg_reliability "
        "FROM stamps s GROUP BY s.subject "
        "ORDER BY weighted_score DESC, stamp_count DESC, s.subject ASC LIMIT 20",
        [("bob", 2, 6, 1, 3.5, 5.0), ("cy", 1, 1, 1, 1.0, 0)],
    ),
    Read(
        "SELECT c.completed_by AS rig, COUNT(*) AS completions, "
        "COALESCE(AVG(JSON_EXTRACT(s.valence, '$.quality')), 0) AS quality "
        "FROM completions c JOIN stamps s ON c.stamp_id = s.id GROUP BY c.completed_by",
        [("bob", 1, 4.0)],
    ),
    Read(
        "SELECT completed_by, COUNT(*) AS completions FROM completions "
        "WHERE stamp_id IS NOT NULL AND completed_by IN ('bob','cy') GROUP BY completed_by",
        [("bob", 1)],
    ),
    Read(
        "SELECT s.subject, s.skill_tags FROM stamps s WHERE s.subject IN ('bob') "
        "AND s.skill_tags IS NOT NULL AND s.skill_tags != '' ORDER BY s.subject",
        [],
    ),
    Read(
        "SELECT handle, COALESCE(display_name, '') AS display_name FROM rigs ORDER BY handle",
        [("ann", "Ann"), ("bob", "")],
    ),
    Read("SELECT id, valence FROM stamps ORDER BY id"),
    Read("SELECT JSON_EXTRACT(valence, '$.note') AS note FROM stamps WHERE id='s-3'", [('"x"',)]),
    Read(
        "SELECT JSON_UNQUOTE(JSON_EXTRACT(valence, '$.note')) n FROM stamps WHERE id='s-3'",
        [("x",)],
    ),
    Read("SELECT valence->>'$.note' AS n FROM stamps WHERE id='s-3'", [("x",)]),
    Read("SELECT id FROM stamps WHERE JSON_EXTRACT(valence, '$.note') = 'x'", [("s-3",)]),
    Read("SELECT id FROM stamps WHERE JSON_EXTRACT(valence, '$.quality') > 3", [("s-1",)]),
    Read(
        "SELECT id FROM stamps ORDER BY JSON_EXTRACT(valence, '$.quality')",
        [("s-3",), ("s-2",), ("s-1",)],
    ),
    Read("SELECT id FROM wanted WHERE JSON_CONTAINS(tags, '\"go\"')", [("w-1",)]),
    Read('SELECT id FROM wanted WHERE JSON_CONTAINS(tags, \'["go","sql"]\')', [("w-1",)]),
    Read("SELECT JSON_LENGTH(tags) AS n FROM wanted WHERE id = 'w-1'", [(2,)]),
    Read("SELECT name FROM dolt_branches WHERE name LIKE 'wl/a\\_n/%' ORDER BY name", [(NEAR,)]),
    Read("SELECT COUNT(*) AS cnt FROM dolt_branches WHERE name='main'", [(1,)]),
    Read("SELECT b.name FROM dolt_branches b WHERE b.name = 'main'", [("main",)]),
    Read("SELECT dolt_branches.name FROM dolt_branches WHERE name = 'main'", [("main",)]),
    Read("SELECT name, latest_commit_message FROM dolt_branches ORDER BY name"),
    Read("SELECT message, committer FROM dolt_log WHERE message LIKE 'Fill%' ORDER BY message"),
    Read(f"SELECT message FROM dolt_log('{BOB}') LIMIT 1", [("Claim w-3",)]),
    Read("SELECT * FROM dolt_tags", []),
    Read("SELECT * FROM dolt_status", []),
    Read(
        f"SELECT to_id, to_status, from_status, diff_type FROM dolt_diff('main','{NEAR}','wanted')",
        [("w-1", "claimed", "open", "modified")],
    ),
    Read(f"SELECT to_id FROM dolt_diff('main...{BOB}', 'wanted')", [("w-3",)]),
    Read(
        f"SELECT COALESCE(to_claimed_by,'') AS who FROM dolt_diff('main', '{BOB}', 'wanted') "
        "WHERE to_id = 'w-3' AND diff_type IN ('added','modified')",
        [("bob",)],
    ),
    Read(
        "SELECT table_name, rows_added, rows_modified, rows_deleted "
        f"FROM dolt_diff_stat('main', '{NEAR}')",
        [("wanted", 0, 1, 0)],
    ),
    Read(f"SELECT rows_modified FROM dolt_diff_stat('main', '{NEAR}', 'wanted')", [(1,)]),
    Read(f"SELECT to_table_name, diff_type FROM dolt_diff_summary('main', '{NEAR}')"),
    Read(f"SELECT table_name, diff_type FROM dolt_patch('main', '{NEAR}')"),
    Read(f"SELECT id, status FROM wanted AS OF '{NEAR}' WHERE id = 'w-1'", [("w-1", "claimed")]),
    Read(
        f"SELECT w.status, m.status FROM wanted AS OF '{NEAR}' AS w JOIN wanted m ON m.id = w.id "
        "WHERE w.id = 'w-1'",
        [("claimed", "open")],
    ),
    Read("SELECT dolt_hashof('main') = dolt_hashof('HEAD') AS same", [(1,)]),
    Read(f"SELECT dolt_merge_base('main', '{BOB}') = dolt_hashof('main') AS same", [(1,)]),
    Read("SELECT NOW() AS now, CURDATE() AS day", [("2026-03-04 05:06:07", "2026-03-04")]),
    Read("SELECT DATABASE() AS db", [("board",)]),
    Read("SELECT DATEDIFF(NOW(), created_at) AS days FROM wanted WHERE id='w-1'", [(62,)]),
    Read("SELECT DATE(created_at) AS day FROM wanted WHERE id='w-1'"),
    Read("SELECT LENGTH(title) AS l, CHAR_LENGTH(title) c FROM wanted WHERE id='w-5'", [(16, 15)]),
    Read(
        "SELECT LEFT(title, 3) AS l, RIGHT(title, 2) AS r FROM wanted WHERE id='w-1'",
        [("Fix", "it")],
    ),
    Read("SELECT CONCAT(id, ':', title) AS t FROM wanted WHERE id='w-1'", [("w-1:Fix it",)]),
    Read("SELECT CONCAT(id, project) AS t FROM wanted WHERE id='w-1'", [(None,)]),
    Read("SELECT CONCAT_WS('-', id, project) AS t FROM wanted WHERE id='w-1'", [("w-1",)]),
    Read(
        "SELECT UPPER(id) AS u, LOWER(title) AS l FROM wanted WHERE id='w-1'", [("W-1", "fix it")]
    ),
    Read("SELECT SUBSTRING(title, 2, 2) AS s, LOCATE('x', title) AS p FROM wanted WHERE id='w-1'"),
    Read("SELECT REPLACE(title, 'it', 'us') AS t, TRIM('  a ') a FROM wanted WHERE id='w-1'"),
    Read("SELECT IF(priority > 1, 'low', 'high') AS p FROM wanted WHERE id='w-1'", [("high",)]),
    Read("SELECT GREATEST(1, 2) AS g, LEAST(1, 2) AS l, ROUND(1.5) AS r, 7 DIV 2 AS d, 7 % 4 AS m"),
    Read("SELECT 1 / 2 AS half", [(0.5,)]),
    Read("SELECT CAST(priority AS CHAR) AS p, CAST('7' AS SIGNED) AS n FROM wanted WHERE id='w-1'"),
    Read(
        "SELECT GROUP_CONCAT(handle ORDER BY handle SEPARATOR '; ') AS g FROM rigs", [("ann; bob",)]
    ),
    Read(
        "SELECT id, ROW_NUMBER() OVER (PARTITION BY priority ORDER BY id) n FROM wanted ORDER BY 1"
    ),
    Read("SELECT id FROM wanted WHERE id IN (SELECT wanted_id FROM completions)", [("w-4",)]),
    Read(
        "SELECT id FROM wanted w WHERE NOT EXISTS (SELECT 1 FROM completions c "
        "WHERE c.wanted_id = w.id) ORDER BY id LIMIT 1 OFFSET 1",
        [("w-2",)],
    ),
    Read("SELECT id FROM wanted ORDER BY id LIMIT 1, 2", [("w-2",), ("w-3",)]),
    Read(
        "SELECT handle AS name FROM rigs UNION SELECT id FROM badges ORDER BY name",
        [("ann",), ("bob",)],
    ),
    Read("(SELECT id FROM wanted ORDER BY id LIMIT 1) UNION ALL (SELECT 'z') ORDER BY 1"),
    Read(
        "WITH mine AS (SELECT id, priority FROM wanted WHERE status = 'open'), top AS "
        "(SELECT MIN(priority) AS p FROM mine) SELECT mine.id FROM mine JOIN top ON p = priority",
        [("w-2",)],
    ),
    Read("SELECT handle FROM rigs WHERE parent_rig <=> NULL", [("ann",)]),
    Read("SELECT DISTINCT posted_by FROM wanted", [("ann",)]),
    Read(
        "SELECT r.handle, w.id FROM rigs r LEFT JOIN wanted w ON w.claimed_by = r.handle ORDER BY 1"
    ),
    Read("SELECT r.handle FROM rigs r, stamps s JOIN wanted w ON w.posted_by = r.handle LIMIT 1"),
    Read("SELECT COUNT(*) AS n FROM rigs r, stamps s WHERE s.subject = r.handle", [(2,)]),
    Read("SELECT `key`, value FROM _meta", []),
    Read("SELECT wanted_id FROM wlx_leases", []),
    Read(
        "SELECT 'it''s' AS a, 'x\\ty' AS b, 'c\\\\d' AS c, \"e\" AS d",
        [("it's", "x\ty", "c\\d", "e")],
    ),
    Read("SELECT '\\' OR SLEEP(1)-- ' AS t", [("' OR SLEEP(1)-- ",)]),
    Read("SELECT '%s %% {0} :id ? @x' AS t", [("%s %% {0} :id ? @x",)]),
    Read("SELECT 1 AS a -- a comment\n /* another */ # and one", [(1,)]),
]

WRITES = [
    (
        "INSERT INTO wanted (id, title, description, project, type, priority, tags, posted_by, "
        "status, effort_level, created_at, updated_at)\nVALUES ('w-9', "
        "'It''s \\\\ 100% _x_ \u00e9', 'a\nb -- /* ; */', NULL, 'bug', 2, '[\"a\",\"b\"]', "
        "'ann', 'open', 'medium', '2026-03-04 05:06:07', '2026-03-04 05:06:07')"
    ),
    (
        "UPDATE wanted SET claimed_by='bob', status='claimed', updated_at=NOW() "
        "WHERE id='w-1' AND status='open'"
    ),
    (
        "UPDATE wanted SET claimed_by='cy', status='claimed', updated_at=NOW() "
        "WHERE id='w-1' AND status='open'"
    ),
    (
        "UPDATE wanted SET status='in_review', evidence_url='http://x/?a&b=''2''', "
        "updated_at=NOW() WHERE id='w-1' AND status='claimed' AND claimed_by='bob'"
    ),
    (
        "INSERT IGNORE INTO completions (id, wanted_id, completed_by, evidence, hop_uri, "
        "completed_at) SELECT 'c-9', 'w-1', 'bob', 'see \\\\ http://x', NULL, NOW() "
        "FROM wanted WHERE id='w-1' AND status='in_review' AND claimed_by='bob' "
        "AND NOT EXISTS (SELECT 1 FROM completions WHERE wanted_id='w-1')"
    ),
    "INSERT IGNORE INTO completions (id, wanted_id) VALUES ('c-9', 'again')",
    (
        "INSERT INTO stamps (id, author, subject, valence, confidence, severity, context_id, "
        "context_type, skill_tags, message, hop_uri, created_at) VALUES ('s-9', 'ann', 'bob', "
        "'{\"quality\": 4, \"reliability\": 3}', 1.0, 'leaf', 'c-9', 'completion', NULL, "
        "'well \"done\"', NULL, NOW())"
    ),
    "UPDATE completions SET validated_by='ann', stamp_id='s-9', validated_at=NOW() WHERE id='c-9'",
    "UPDATE wanted SET status='completed', updated_at=NOW() WHERE id='w-1' AND status='in_review'",
    (
        "UPDATE wanted SET claimed_by=NULL, status='open', updated_at=NOW() "
        "WHERE id='w-5' AND status='claimed'"
    ),
    (
        "UPDATE wanted SET title='n\\\\n', description='%\\_', tags='[\"x\"]', priority=0, "
        "updated_at=NOW() WHERE id='w-2' AND status='open'"
    ),
    "UPDATE wanted SET status='withdrawn', updated_at=NOW() WHERE id='w-3' AND status='open'",
    "DELETE FROM completions WHERE wanted_id='w-4'",
    (
        "INSERT INTO rigs (handle, display_name, dolthub_org, hop_uri, owner_email, gt_version, "
        "trust_level, registered_at, last_seen) VALUES ('cy', 'Cy', 'cy', 'hop://x/cy/', NULL, "
        "'dev', 1, NOW(), NOW()) ON DUPLICATE KEY UPDATE last_seen=NOW(), gt_version='dev'"
    ),
    (
        "INSERT INTO rigs (handle, trust_level, registered_at) VALUES ('cy', 2, NOW()) "
        "ON DUPLICATE KEY UPDATE trust_level=VALUES(trust_level), "
        "display_name=CONCAT(display_name, '!')"
    ),
    (
        "INSERT INTO badges (id, rig_handle, badge_type, awarded_at) "
        "SELECT CONCAT('b-', handle), handle, 'first', NOW() FROM rigs"
    ),
    (
        "INSERT INTO badges (id, rig_handle) SELECT 'b-ann', 'x' FROM rigs "
        "ON DUPLICATE KEY UPDATE badge_type='second'"
    ),
    "INSERT INTO chain_meta VALUES ('k', 'rig', NULL, 'hop://x', 'db', NOW())",
    "INSERT INTO _meta (`key`, value) VALUES ('schema_version', '1.2'), ('name', 'x;y')",
    "DELETE FROM badges WHERE id='b-bob' AND rig_handle LIKE 'b\\ob'",
    "DELETE FROM `_meta` WHERE `key` IN ('name', 'nobody')",
    "UPDATE rigs SET trust_level = trust_level+1, display_name = UPPER(handle) WHERE handle='bob';",
]
