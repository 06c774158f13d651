"""Planted faults and look-alike traps for one database: each in a schema of its own, with the finding it deserves."""

# ruff: noqa: S608  # the statements are ours

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

CRITICAL, HIGH, MEDIUM, LOW, INFO = "critical", "high", "medium", "low", "info"


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault or a trap: statements (``{s}`` is its schema), and the findings as (check, object, severity, value)."""

    name: str
    sql: str
    findings: tuple[tuple[str, str, str, object], ...] = ()
    #: Each statement on its own, outside of a transaction; one may fail where ``fails`` says so.
    fails: bool = False

    @property
    def since(self) -> int:
        """The first major version that knows what is planted."""
        return 18 if re.search(r"WITHOUT OVERLAPS|NOT\s+ENFORCED|NOT NULL p NOT VALID", self.sql) else 0


def _orphans(
    name: str, sql: str, value: int, constraint: str = "{s}.c.c_p_fkey", *more: tuple[str, str, str, object]
) -> Planted:
    return Planted(name, sql, (("orphans", constraint, CRITICAL, value), *more))


_PAIR: Final = "CREATE TABLE {s}.p (id int PRIMARY KEY); CREATE TABLE {s}.c (p int REFERENCES {s}.p); "
_INDEXED: Final = _PAIR + "CREATE INDEX ON {s}.c (p); INSERT INTO {s}.p SELECT generate_series(10, 20, 2); "
_REPLICA: Final = "SET session_replication_role = replica; "
_TEN: Final = "INSERT INTO {s}.p SELECT generate_series(1, 10); INSERT INTO {s}.c SELECT generate_series(1, 10); "
_LARGE: Final = (
    "INSERT INTO {s}.p VALUES (1); INSERT INTO {s}.c SELECT 1 FROM generate_series(1, 12000); ANALYZE {s}.c; "
)
_LONG: Final = "n" * 63


def _keyed(child: str, parent: str, parents: str, children: str, *, index: bool = True, more: str = "") -> str:
    indexed = "CREATE INDEX ON {s}.c (p); " if index else ""
    return (
        f"CREATE TABLE {{s}}.p (id {parent} PRIMARY KEY); CREATE TABLE {{s}}.c (p {child} REFERENCES {{s}}.p{more}); "
        f"{indexed}INSERT INTO {{s}}.p VALUES {parents}; {_REPLICA}INSERT INTO {{s}}.c VALUES {children};"
    )


FAULTS: Final = (
    _orphans("below the first parent", _INDEXED + _REPLICA + "INSERT INTO {s}.c VALUES (9), (10)", 1),
    _orphans("above the last parent", _INDEXED + _REPLICA + "INSERT INTO {s}.c VALUES (21), (20)", 1),
    _orphans("between two parents", _INDEXED + _REPLICA + "INSERT INTO {s}.c VALUES (15), (15), (14)", 2),
    _orphans(
        "no parent at all", _PAIR + "CREATE INDEX ON {s}.c (p); " + _REPLICA + "INSERT INTO {s}.c VALUES (1), (NULL)", 1
    ),
    _orphans("no index", _PAIR + _TEN + _REPLICA + "DELETE FROM {s}.p WHERE id = 5", 1),
    _orphans("int to bigint", _keyed("int", "bigint", "(1), (3)", "(2), (1)"), 1),
    _orphans("bigint to int", _keyed("bigint", "int", "(1), (3)", "(9223372036854775807), (1)"), 1),
    _orphans(
        "uuid",
        _keyed("uuid", "uuid", "('00000000-0000-0000-0000-000000000001')", "('00000000-0000-0000-0000-000000000002')"),
        1,
    ),
    _orphans("text", _keyed("text", "text", "('a'), ('c')", "('b'), ('a ')"), 2),
    _orphans("numeric and NaN", _keyed("numeric", "numeric", "(1), (2)", "('NaN'), (1.00)"), 1),
    _orphans("a domain", "CREATE DOMAIN {s}.d AS int; " + _keyed("{s}.d", "int", "(1)", "(2)"), 1),
    _orphans("an enum", "CREATE TYPE {s}.e AS ENUM ('x', 'y'); " + _keyed("{s}.e", "{s}.e", "('x')", "('y')"), 1),
    _orphans("deferred", _keyed("int", "int", "(1)", "(2)", more=" DEFERRABLE INITIALLY DEFERRED"), 1),
    _orphans(
        "composite",
        "CREATE TABLE {s}.p (a int, b text, PRIMARY KEY (a, b)); INSERT INTO {s}.p VALUES (1, 'x'), (2, 'y'); "
        "CREATE TABLE {s}.c (a int, b text, CONSTRAINT c_p_fkey FOREIGN KEY (a, b) REFERENCES {s}.p); "
        + _REPLICA
        + "INSERT INTO {s}.c VALUES (1, 'y'), (1, 'x'), (NULL, 'z')",
        1,
    ),
    _orphans(
        "composite with an index",
        "CREATE TABLE {s}.p (a int, b int, PRIMARY KEY (a, b)); INSERT INTO {s}.p VALUES (1, 1), (1, 3), (2, 1); "
        "CREATE TABLE {s}.c (a int, b int, CONSTRAINT c_p_fkey FOREIGN KEY (a, b) REFERENCES {s}.p); "
        "CREATE INDEX ON {s}.c (a, b); " + _REPLICA + "INSERT INTO {s}.c VALUES (1, 2), (1, 4), (2, 0), (3, 3), (1, 3)",
        4,
    ),
    _orphans(
        "partly null in MATCH FULL",
        "CREATE TABLE {s}.p (a int, b int, PRIMARY KEY (a, b)); INSERT INTO {s}.p VALUES (1, 1); "
        "CREATE TABLE {s}.c (a int, b int, CONSTRAINT c_p_fkey FOREIGN KEY (a, b) REFERENCES {s}.p MATCH FULL); "
        + _REPLICA
        + "INSERT INTO {s}.c VALUES (1, NULL), (NULL, NULL), (1, 1)",
        1,
    ),
    _orphans(
        "itself",
        "CREATE TABLE {s}.c (id int PRIMARY KEY, p int CONSTRAINT c_p_fkey REFERENCES {s}.c); "
        + _REPLICA
        + "INSERT INTO {s}.c VALUES (1, 1), (2, 7)",
        1,
    ),
    _orphans(
        "partitioned child",
        "CREATE TABLE {s}.p (id int PRIMARY KEY); CREATE TABLE {s}.c (p int CONSTRAINT c_p_fkey REFERENCES {s}.p) "
        "PARTITION BY RANGE (p); CREATE TABLE {s}.c1 PARTITION OF {s}.c FOR VALUES FROM (0) TO (9); "
        "INSERT INTO {s}.p VALUES (1); INSERT INTO {s}.c VALUES (1); " + _REPLICA + "INSERT INTO {s}.c VALUES (2)",
        1,
    ),
    _orphans(
        "partitioned parent",
        "CREATE TABLE {s}.p (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE {s}.p1 PARTITION OF {s}.p "
        "FOR VALUES FROM (0) TO (9); CREATE TABLE {s}.c (p int CONSTRAINT c_p_fkey REFERENCES {s}.p); "
        "INSERT INTO {s}.p VALUES (1); INSERT INTO {s}.c VALUES (1); " + _REPLICA + "INSERT INTO {s}.c VALUES (2)",
        1,
    ),
    _orphans(
        "the parent's row is an heir's",
        "CREATE TABLE {s}.p (id int PRIMARY KEY); CREATE TABLE {s}.heir () INHERITS ({s}.p); INSERT INTO {s}.heir "
        "VALUES (5); CREATE TABLE {s}.c (p int REFERENCES {s}.p); " + _REPLICA + "INSERT INTO {s}.c VALUES (5)",
        1,
    ),
    _orphans(
        "another schema",
        "CREATE SCHEMA {s}_other; CREATE TABLE {s}_other.p (id int PRIMARY KEY); CREATE TABLE {s}.c (p int CONSTRAINT "
        "c_p_fkey REFERENCES {s}_other.p); " + _REPLICA + "INSERT INTO {s}.c VALUES (5)",
        1,
    ),
    _orphans(
        "names with everything",
        'CREATE TABLE {s}."p %(x)s" ("i""d" int PRIMARY KEY); CREATE TABLE {s}."ch😀.ild" ("p\'%" int '
        'CONSTRAINT "Key {0}" '
        'REFERENCES {s}."p %(x)s"); ' + _REPLICA + 'INSERT INTO {s}."ch😀.ild" VALUES (5)',
        1,
        "{s}.ch😀.ild.Key {0}",
    ),
    _orphans(
        "names of 63 bytes",
        f'CREATE TABLE {{s}}."{_LONG}" ("{_LONG}" int PRIMARY KEY); CREATE TABLE {{s}}.c (p int CONSTRAINT "{_LONG}" '
        f'REFERENCES {{s}}."{_LONG}"); ' + _REPLICA + "INSERT INTO {s}.c VALUES (5)",
        1,
        f"{{s}}.c.{_LONG}",
    ),
    _orphans(
        "triggers were disabled and enabled again",
        _PAIR + _TEN + "ALTER TABLE {s}.p DISABLE TRIGGER ALL; DELETE FROM {s}.p WHERE id < 3; "
        "ALTER TABLE {s}.p ENABLE TRIGGER ALL",
        2,
    ),
    _orphans(
        "a trigger swallowed the cascade",
        "CREATE TABLE {s}.p (id int PRIMARY KEY); CREATE TABLE {s}.c (p int REFERENCES {s}.p ON DELETE CASCADE); "
        + _TEN
        + "CREATE FUNCTION {s}.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; "
        "CREATE TRIGGER no BEFORE DELETE ON {s}.c FOR EACH ROW EXECUTE FUNCTION {s}.no(); "
        "DELETE FROM {s}.p WHERE id = 4",
        1,
    ),
    _orphans(
        "hidden by row security",
        _PAIR + _REPLICA + "INSERT INTO {s}.c VALUES (5); ALTER TABLE {s}.c ENABLE ROW LEVEL SECURITY, "
        "FORCE ROW LEVEL SECURITY",
        1,
    ),
    _orphans(
        "never validated, and broken",
        "CREATE TABLE {s}.p (id int PRIMARY KEY); CREATE TABLE {s}.c (p int); INSERT INTO {s}.c VALUES (3); "
        "ALTER TABLE {s}.c ADD CONSTRAINT c_p_fkey FOREIGN KEY (p) REFERENCES {s}.p NOT VALID",
        1,
        "{s}.c.c_p_fkey",
        ("constraint-not-valid", "{s}.c.c_p_fkey", MEDIUM, None),
    ),
    _orphans(
        "a period that is not covered",
        "CREATE TABLE {s}.p (id int4range, valid daterange, PRIMARY KEY (id, valid WITHOUT OVERLAPS)); "
        "CREATE TABLE {s}.c (id int4range, valid daterange, CONSTRAINT c_p_fkey FOREIGN KEY (id, PERIOD valid) "
        "REFERENCES {s}.p (id, PERIOD valid)); INSERT INTO {s}.p VALUES ('[1,1]', '[2024-01-01,2024-02-01)'), "
        "('[1,1]', '[2024-02-02,2024-03-01)'); " + _REPLICA + "INSERT INTO {s}.c VALUES "
        "('[1,1]', '[2024-01-20,2024-02-20)'), ('[2,2]', '[2024-01-01,2024-01-02)'), "
        "('[1,1]', '[2024-01-01,2024-02-01)')",
        2,
    ),
    Planted(
        "not enforced, and broken",
        "CREATE TABLE {s}.p (id int PRIMARY KEY); CREATE TABLE {s}.c (p int CONSTRAINT c_p_fkey REFERENCES {s}.p NOT "
        "ENFORCED); INSERT INTO {s}.c VALUES (1)",
        (
            ("orphans", "{s}.c.c_p_fkey", INFO, 1),
            ("constraint-not-enforced", "{s}.c.c_p_fkey", INFO, None),
        ),
    ),
    Planted(
        "a check not enforced",
        "CREATE TABLE {s}.c (p int CONSTRAINT positive CHECK (p > 0) NOT ENFORCED)",
        (("constraint-not-enforced", "{s}.c.positive", INFO, None),),
    ),
    Planted(
        "a check never validated",
        "CREATE TABLE {s}.c (p int); ALTER TABLE {s}.c ADD CONSTRAINT positive CHECK (p > 0) NOT VALID",
        (("constraint-not-valid", "{s}.c.positive", MEDIUM, None),),
    ),
    Planted(
        "not null never validated",
        "CREATE TABLE {s}.c (p int); ALTER TABLE {s}.c ADD CONSTRAINT there NOT NULL p NOT VALID",
        (("constraint-not-valid", "{s}.c.there", MEDIUM, None),),
    ),
    Planted(
        "triggers disabled",
        _PAIR + _TEN + "ALTER TABLE {s}.p DISABLE TRIGGER ALL",
        (("key-triggers", "{s}.c.c_p_fkey", CRITICAL, "disabled"),),
    ),
    Planted(
        "triggers for replicas only",
        _PAIR
        + _TEN
        + """DO $$ DECLARE t name; BEGIN FOR t IN SELECT tgname FROM pg_trigger
            WHERE tgrelid = '{s}.c'::regclass LOOP EXECUTE format('ALTER TABLE {s}.c ENABLE REPLICA TRIGGER %I', t);
            END LOOP; END $$""",
        (("key-triggers", "{s}.c.c_p_fkey", CRITICAL, "disabled"),),
    ),
    Planted(
        "triggers missing",
        _PAIR + _TEN + "DELETE FROM pg_trigger WHERE tgrelid = '{s}.p'::regclass",
        (("key-triggers", "{s}.c.c_p_fkey", CRITICAL, "missing"),),
    ),
    Planted(
        "triggers disabled on one partition",
        "CREATE TABLE {s}.p (id int PRIMARY KEY); CREATE TABLE {s}.c (p int CONSTRAINT c_p_fkey REFERENCES {s}.p) "
        "PARTITION BY RANGE (p); CREATE TABLE {s}.c1 PARTITION OF {s}.c FOR VALUES FROM (0) TO (9); "
        "ALTER TABLE {s}.c1 DISABLE TRIGGER ALL",
        (("key-triggers", "{s}.c1.c_p_fkey", CRITICAL, "disabled"),),
    ),
    Planted(
        "an index that failed",
        "CREATE TABLE {s}.c (p int)\x1eINSERT INTO {s}.c VALUES (1), (1)\x1e"
        "CREATE UNIQUE INDEX CONCURRENTLY broken ON {s}.c (p)",
        (("invalid-index", "{s}.broken", HIGH, "invalid"),),
        fails=True,
    ),
    Planted(
        "an index never finished",
        "CREATE TABLE {s}.c (p int); CREATE INDEX half ON {s}.c (p); UPDATE pg_index SET "
        "indisready = false WHERE indexrelid = '{s}.half'::regclass",
        (("invalid-index", "{s}.half", HIGH, "invalid"),),
    ),
    Planted(
        "an index on the parent only",
        "CREATE TABLE {s}.c (p int) PARTITION BY RANGE (p); CREATE TABLE {s}.c1 "
        "PARTITION OF {s}.c FOR VALUES FROM (0) TO (9); CREATE INDEX half ON ONLY {s}.c (p)",
        (("invalid-index", "{s}.half", LOW, "incomplete"),),
    ),
    Planted("a large key without an index", _PAIR + _LARGE, (("key-without-index", "{s}.c.c_p_fkey", LOW, 12000),)),
    Planted(
        "a large key with an index for other rows",
        _PAIR + _LARGE + "CREATE INDEX ON {s}.c (p) WHERE p > 5",
        (("key-without-index", "{s}.c.c_p_fkey", LOW, 12000),),
    ),
    Planted(
        "a large key second in an index",
        "CREATE TABLE {s}.p (id int PRIMARY KEY); CREATE TABLE {s}.c (p int REFERENCES "
        "{s}.p, q int); CREATE INDEX ON {s}.c (q, p); " + _LARGE,
        (("key-without-index", "{s}.c.c_p_fkey", LOW, 12000),),
    ),
    Planted(
        "a serial nearly full",
        "CREATE TABLE {s}.c (id serial); SELECT setval('{s}.c_id_seq', 1800000000)",
        (("sequences", "{s}.c_id_seq", MEDIUM, 83.82),),
    ),
    Planted(
        "a serial all but full",
        "CREATE TABLE {s}.c (id serial); SELECT setval('{s}.c_id_seq', 2147483000)",
        (("sequences", "{s}.c_id_seq", CRITICAL, 100.0),),
    ),
    Planted(
        "a column smaller than its sequence",
        "CREATE SEQUENCE {s}.q; CREATE TABLE {s}.c (id smallint DEFAULT "
        "nextval('{s}.q')); SELECT setval('{s}.q', 32000)",
        (("sequences", "{s}.q", CRITICAL, 97.66),),
    ),
    Planted(
        "a column shrunk below its sequence",
        "CREATE TABLE {s}.c (id bigserial); ALTER TABLE {s}.c ALTER id TYPE int; "
        "SELECT setval('{s}.c_id_seq', 2100000000)",
        (("sequences", "{s}.c_id_seq", CRITICAL, 97.79),),
    ),
    Planted(
        "an identity nearly full",
        "CREATE TABLE {s}.c (id smallint GENERATED ALWAYS AS IDENTITY); SELECT setval('{s}.c_id_seq', 30000)",
        (("sequences", "{s}.c_id_seq", MEDIUM, 91.56),),
    ),
    Planted(
        "a sequence going down",
        "CREATE SEQUENCE {s}.q INCREMENT -1 MINVALUE -100 MAXVALUE -1; SELECT setval('{s}.q', -97)",
        (("sequences", "{s}.q", CRITICAL, 96.97),),
    ),
    Planted(
        "a short sequence",
        "CREATE SEQUENCE {s}.q MAXVALUE 10; SELECT setval('{s}.q', 10)",
        (("sequences", "{s}.q", CRITICAL, 100.0),),
    ),
    Planted(
        "a cycle wider than its column",
        "CREATE SEQUENCE {s}.q CYCLE; CREATE TABLE {s}.c (id smallint DEFAULT "
        "nextval('{s}.q')); SELECT setval('{s}.q', 32700)",
        (("sequences", "{s}.q", CRITICAL, 99.8),),
    ),
    Planted(
        "old transaction ids",
        "CREATE TABLE {s}.c (p int); UPDATE pg_class SET relfrozenxid = ((txid_current() % "
        "4294967296 + 4294967296 - 1350000000) % 4294967296)::text::xid WHERE oid = '{s}.c'::regclass",
        (("wraparound", "table {s}.c", HIGH, None),),
    ),
    Planted(
        "very old transaction ids",
        "CREATE TABLE {s}.c (p int); UPDATE pg_class SET relfrozenxid = ((txid_current() % "
        "4294967296 + 4294967296 - 1450000000) % 4294967296)::text::xid WHERE oid = '{s}.c'::regclass",
        (("wraparound", "table {s}.c", CRITICAL, None),),
    ),
    Planted(
        "old multixacts",
        "CREATE TABLE {s}.c (p int); UPDATE pg_class SET relminmxid = (4294967296 - 1450000000)::text"
        "::xid WHERE oid = '{s}.c'::regclass",
        (("wraparound", "table {s}.c", CRITICAL, None),),
    ),
    Planted(
        "a slot that nobody reads",
        "SELECT pg_create_physical_replication_slot('idle_slot', true)",
        (("replication-slots", "idle_slot", MEDIUM, "inactive"),),
    ),
    Planted(
        "a logical slot that nobody reads",
        "SELECT pg_create_logical_replication_slot('idle_logical', 'pgoutput')",
        (("replication-slots", "idle_logical", MEDIUM, "inactive"),),
    ),
    Planted(
        "a forgotten prepared transaction",
        "CREATE TABLE {s}.c (p int)\x1eBEGIN; INSERT INTO {s}.c VALUES (1); PREPARE TRANSACTION 'forgotten'",
        (("prepared-transactions", "forgotten", CRITICAL, None),),
    ),
    Planted(
        "a role beside the triggers",
        "CREATE ROLE beside; ALTER ROLE beside SET session_replication_role = replica",
        (("replication-role", "role beside in all databases", HIGH, "replica"),),
    ),
)
TRAPS: Final = (
    Planted("null refers to nothing", _INDEXED + "INSERT INTO {s}.c VALUES (NULL), (10)"),
    Planted(
        "dense keys at both ends of int",
        _keyed(
            "int",
            "int",
            "(-2147483648), (-2147483647), (2147483646), (2147483647)",
            "(-2147483648), (2147483647), (2147483646)",
        ),
    ),
    Planted(
        "dense keys at both ends of bigint",
        _keyed(
            "bigint",
            "bigint",
            "(-9223372036854775808), (9223372036854775807), (9223372036854775806)",
            "(-9223372036854775808), (9223372036854775807)",
        ),
    ),
    Planted(
        "partly null in MATCH SIMPLE",
        "CREATE TABLE {s}.p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE {s}.c (a "
        "int, b int, FOREIGN KEY (a, b) REFERENCES {s}.p); INSERT INTO {s}.c VALUES (1, NULL), (NULL, 7)",
    ),
    Planted(
        "partly null in MATCH SIMPLE, with an index",
        "CREATE TABLE {s}.p (a int, b int, PRIMARY KEY (a, b)); CREATE "
        "TABLE {s}.c (a int, b int, FOREIGN KEY (a, b) REFERENCES {s}.p); CREATE INDEX ON {s}.c (a, b); "
        "INSERT INTO {s}.p VALUES (1, 1), (5, 5); INSERT INTO {s}.c VALUES (1, NULL), (NULL, 7), (3, NULL), (5, 5)",
    ),
    Planted(
        "all null in MATCH FULL",
        "CREATE TABLE {s}.p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE {s}.c (a "
        "int, b int, FOREIGN KEY (a, b) REFERENCES {s}.p MATCH FULL); INSERT INTO {s}.c VALUES (NULL, NULL)",
    ),
    Planted("zero and minus zero", _keyed("float8", "float8", "('-0')", "(0), ('-0')")),
    Planted("NaN is equal to NaN", _keyed("numeric", "numeric", "('NaN')", "('NaN')")),
    Planted("scale does not matter", _keyed("numeric", "numeric", "(1.50)", "(1.5)")),
    Planted("blanks of char do not matter", _keyed("char(5)", "char(8)", "('ab')", "('ab  ')")),
    Planted("text that refers to char", _keyed("text", "char(8)", "('ab')", "('ab')")),
    Planted("two spellings of an interval", _keyed("interval", "interval", "('1 day')", "('24:00:00')")),
    Planted(
        "the row is its own parent",
        "CREATE TABLE {s}.c (id int PRIMARY KEY, p int REFERENCES {s}.c); INSERT INTO {s}.c VALUES (1, 1)",
    ),
    Planted(
        "both sides partitioned",
        "CREATE TABLE {s}.p (id int PRIMARY KEY) PARTITION BY HASH (id); CREATE TABLE {s}.p1 "
        "PARTITION OF {s}.p FOR VALUES WITH (MODULUS 1, REMAINDER 0); CREATE TABLE {s}.c (p int REFERENCES {s}.p) "
        "PARTITION BY HASH (p); CREATE TABLE {s}.c1 PARTITION OF {s}.c FOR VALUES WITH (MODULUS 1, REMAINDER 0); "
        "INSERT INTO {s}.p VALUES (1); INSERT INTO {s}.c VALUES (1)",
    ),
    Planted(
        "an heir of the child has no key",
        _PAIR + "CREATE TABLE {s}.heir () INHERITS ({s}.c); INSERT INTO {s}.heir VALUES (77)",
    ),
    Planted(
        "periods that cover together",
        "CREATE TABLE {s}.p (id int4range, valid daterange, PRIMARY KEY (id, valid "
        "WITHOUT OVERLAPS)); CREATE TABLE {s}.c (id int4range, valid daterange, FOREIGN KEY (id, PERIOD valid) "
        "REFERENCES {s}.p (id, PERIOD valid)); INSERT INTO {s}.p VALUES ('[1,1]', '[2024-01-01,2024-02-01)'), "
        "('[1,1]', '[2024-02-01,2024-03-01)'); INSERT INTO {s}.c VALUES ('[1,1]', '[2024-01-20,2024-02-20)'), "
        "('[1,1]', NULL)",
    ),
    Planted(
        "the key refers to a unique constraint with nulls",
        "CREATE TABLE {s}.p (id int UNIQUE); CREATE TABLE {s}.c (p "
        "int REFERENCES {s}.p (id)); CREATE INDEX ON {s}.c (p); INSERT INTO {s}.p VALUES (1), (NULL), (NULL), (5); "
        "INSERT INTO {s}.c VALUES (1), (5), (NULL)",
    ),
    Planted(
        "only nulls on the other side",
        "CREATE TABLE {s}.p (id int UNIQUE); CREATE TABLE {s}.c (p int REFERENCES {s}.p "
        "(id)); CREATE INDEX ON {s}.c (p); INSERT INTO {s}.p VALUES (NULL); INSERT INTO {s}.c VALUES (NULL)",
    ),
    Planted(
        "an always firing trigger",
        _PAIR
        + """DO $$ DECLARE t name; BEGIN FOR t IN SELECT tgname FROM pg_trigger
            WHERE tgrelid = '{s}.c'::regclass LOOP EXECUTE format('ALTER TABLE {s}.c ENABLE ALWAYS TRIGGER %I', t);
            END LOOP; END $$""",
    ),
    Planted(
        "a user's own trigger is disabled",
        _PAIR + "CREATE FUNCTION {s}.f() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RETURN NEW; END $$; CREATE TRIGGER own BEFORE INSERT ON {s}.c FOR EACH ROW EXECUTE FUNCTION {s}.f(); "
        "ALTER TABLE {s}.c DISABLE TRIGGER USER",
    ),
    Planted(
        "disabled and enabled again, nothing happened",
        _PAIR + _TEN + "ALTER TABLE {s}.p DISABLE TRIGGER ALL; ALTER TABLE {s}.p ENABLE TRIGGER ALL",
    ),
    Planted(
        "not valid, then validated",
        "CREATE TABLE {s}.p (id int PRIMARY KEY); CREATE TABLE {s}.c (p int); ALTER TABLE "
        "{s}.c ADD FOREIGN KEY (p) REFERENCES {s}.p NOT VALID; ALTER TABLE {s}.c VALIDATE CONSTRAINT c_p_fkey",
    ),
    Planted(
        "an index on every partition",
        "CREATE TABLE {s}.c (p int) PARTITION BY RANGE (p); CREATE TABLE {s}.c1 "
        "PARTITION OF {s}.c FOR VALUES FROM (0) TO (9); CREATE INDEX whole ON {s}.c (p)",
    ),
    Planted("a small key without an index", _PAIR + _TEN + "ANALYZE {s}.c"),
    Planted(
        "a key first in a wider index",
        "CREATE TABLE {s}.p (id int PRIMARY KEY); CREATE TABLE {s}.c (p int REFERENCES "
        "{s}.p, q int); CREATE INDEX ON {s}.c (p, q); " + _LARGE,
    ),
    Planted("an index without the nulls", _PAIR + "CREATE INDEX ON {s}.c (p) WHERE p IS NOT NULL; " + _LARGE),
    Planted("a hash index serves a key, too", _PAIR + "CREATE INDEX ON {s}.c USING hash (p); " + _LARGE),
    Planted(
        "a composite key in another order",
        "CREATE TABLE {s}.p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE {s}.c "
        "(a int, b int, FOREIGN KEY (a, b) REFERENCES {s}.p); CREATE INDEX ON {s}.c (b, a); INSERT INTO {s}.p VALUES "
        "(1, 1); INSERT INTO {s}.c SELECT 1, 1 FROM generate_series(1, 12000); ANALYZE {s}.c",
    ),
    Planted("a cycle is never full", "CREATE SEQUENCE {s}.q MAXVALUE 10 CYCLE; SELECT setval('{s}.q', 10)"),
    Planted(
        "a shard's sequence begins high",
        "CREATE SEQUENCE {s}.q MINVALUE 2000000000 MAXVALUE 2100000000; SELECT setval('{s}.q', 2000000005)",
    ),
    Planted("a sequence below the limit", "CREATE TABLE {s}.c (id serial); SELECT setval('{s}.c_id_seq', 1700000000)"),
    Planted("a sequence never used", "CREATE SEQUENCE {s}.q START 99 MAXVALUE 100"),
    Planted(
        "a role with the usual setting", "CREATE ROLE usual; ALTER ROLE usual SET session_replication_role = origin"
    ),
    Planted("another database's setting", "ALTER DATABASE template1 SET session_replication_role = replica"),
    Planted(
        "an unfinished table of another session",
        "CREATE TEMP TABLE tp (id int PRIMARY KEY); CREATE TEMP TABLE tc (p int REFERENCES tp)",
    ),
    Planted(
        "soft references are not promised",
        "CREATE TABLE {s}.users (id int PRIMARY KEY); CREATE TABLE {s}.c (users_id int); INSERT INTO {s}.c VALUES (9)",
    ),
)
