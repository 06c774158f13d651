"""Generated schemas with one foreign key, data that breaks it in places, and the reference answer."""

# ruff: noqa: S608  # the statements are ours

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

NAMES: Final = (
    "plain",
    'quo"te',
    "emoji 😀 key",
    "per%(cent)s",
    "{0}",
    "dot.ted",
    "Select",
    "ü" * 31 + "x",
    "x" * 63,
    "'",
)
UUID: Final = "00000000-0000-0000-0000-0000000000"


def _integers(low: int, high: int) -> tuple[str, ...]:
    return (*(str(number) for number in (low, low + 1, -1, 0, 1, 2, 3, 5, 6, 7, 40)), str(high - 1), str(high))


_SMALL: Final = _integers(-(2**15), 2**15 - 1)
_INT: Final = _integers(-(2**31), 2**31 - 1)
_BIG: Final = _integers(-(2**63), 2**63 - 1)
_TEXTS: Final = ("''", "'a'", "'b'", "'B'", "'ä'", "'a '", "'100%'", "'''q'", "'zz'", "'Z'")

#: Type of the child's column, type of the parent's, and values that fit both.
KINDS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("int", "int", _INT),
    ("bigint", "bigint", _BIG),
    ("smallint", "smallint", _SMALL),
    ("int", "bigint", _INT),
    ("bigint", "int", _INT),
    ("smallint", "bigint", _SMALL),
    ("uuid", "uuid", tuple(f"'{UUID}{number:02x}'" for number in (0, 1, 2, 9, 16, 255))),
    ("text", "text", _TEXTS),
    ('text COLLATE "C"', 'text COLLATE "C"', _TEXTS),
    ("varchar(20)", "text", _TEXTS),
    ("char(4)", "char(4)", _TEXTS[:-3]),
    ("text", "char(4)", _TEXTS[:5]),
    ("numeric", "numeric", ("0", "1", "1.0", "1.50", "1.5", "-7", "'NaN'", "1e30", "'Infinity'", "'-Infinity'")),
    ("int", "numeric", _INT),
    ("float8", "float8", ("0", "'-0'", "1.5", "'NaN'", "'Infinity'", "'-Infinity'", "1e300")),
    ("date", "date", ("'2024-02-29'", "'-infinity'", "'infinity'", "'0044-03-15 BC'", "'2024-03-01'")),
    ("timestamptz", "timestamptz", ("'2024-02-29 00:00+00'", "'2024-02-29 01:00+01'", "'infinity'", "'2000-01-01Z'")),
    ("timestamp", "date", ("'2024-02-29'", "'2024-03-01'", "'infinity'", "'1999-12-31'")),
    ("bytea", "bytea", (r"'\x'", r"'\x00'", r"'\xff'", r"'\x0001'")),
    ("oid", "oid", ("0", "1", "5", "4294967295")),
    ("mood", "mood", ("'sad'", "'ok'", "'happy'")),
    ("positive", "int", _INT[3:]),
    ("int", "positive", _INT[3:]),
    ("int[]", "int[]", ("'{}'", "'{1}'", "'{1,2}'", "'{NULL}'", "'{2}'")),
    ("int4range", "int4range", ("'empty'", "'[1,2)'", "'[1,1]'", "'(,)'", "'[5,9)'")),
    ("inet", "inet", ("'10.0.0.1'", "'10.0.0.1/24'", "'::1'", "'10.0.0.0/8'")),
    ("interval", "interval", ("'1 day'", "'24 hours'", "'1 month'", "'30 days'", "'0'")),
    ("bool", "bool", ("true", "false")),
)
ORDERED: Final = (
    *KINDS[:3] * 2,
    *KINDS[:7],
    *(kind for kind in KINDS if kind[0] in {"numeric", "date", "bytea", "oid"}),
)
TYPES: Final = "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE DOMAIN positive AS int;"
PLAIN, SELF, CHILD_PARTED, PARENT_PARTED, BOTH_PARTED, INHERITED = SHAPES = (
    "plain",
    "self",
    "child parted",
    "parent parted",
    "both parted",
    "inherited",
)
_INDEXES: Final = ("none", "btree", "btree", "btree", "not null", "reversed", "desc", "wider", "other")
_USED: Final = ("btree", "btree", "wider", "not null")


@dataclass(frozen=True, slots=True)
class Case:
    """A generated schema: its statements, the reference query, and what removes and adds the key again."""

    statements: tuple[str, ...]
    reference: str
    child: str
    constraint: str
    key: str
    shape: str


def quote(name: str) -> str:
    """Return the name in double quotes."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is to be created; names are quoted."""

    schema: str
    shape: str
    kinds: list[tuple[str, str, tuple[str, ...]]]
    parent: str
    child: str
    columns: list[str]
    targets: list[str]

    @property
    def parent_parted(self) -> bool:
        return self.shape in {PARENT_PARTED, BOTH_PARTED}

    @property
    def child_parted(self) -> bool:
        return self.shape in {CHILD_PARTED, BOTH_PARTED}

    def tables(self, constraint: str) -> list[str]:
        """Create both sides, the parent's key being a primary key or a unique constraint."""
        declared = ", ".join(f"{name} {kind[1]}" for name, kind in zip(self.targets, self.kinds, strict=True))
        own = ", ".join(f"{name} {kind[0]}" for name, kind in zip(self.columns, self.kinds, strict=True))
        columns = f"{declared}, {own}" if self.shape == SELF else declared
        key = f"{constraint} ({', '.join(self.targets)})"
        statements = [f"CREATE SCHEMA {self.schema}"]
        statements += self._table(self.parent, f"{columns}, {key}", self.targets, parted=self.parent_parted)
        if self.shape != SELF:
            statements += self._table(self.child, f"filler int, {own}", self.columns, parted=self.child_parted)
        if self.shape == INHERITED:
            statements.append(f"CREATE TABLE {self.schema}.heir () INHERITS ({self.child})")
            statements.append(f"CREATE TABLE {self.schema}.parentheir () INHERITS ({self.parent})")
        return statements

    def _table(self, name: str, columns: str, keys: list[str], *, parted: bool) -> list[str]:
        if not parted:
            return [f"CREATE TABLE {name} ({columns})"]
        part = "c" if name == self.child else "p"
        return [
            f"CREATE TABLE {name} ({columns}) PARTITION BY HASH ({keys[0]})",
            *(
                f"CREATE TABLE {self.schema}.{part}{i} PARTITION OF {name} FOR VALUES WITH (MODULUS 2, REMAINDER {i})"
                for i in range(2)
            ),
        ]

    def rows(self, parents: list[tuple[str, ...]], children: list[tuple[str, ...]]) -> list[str]:
        """Insert rows without any trigger firing."""
        targeted, listed = ", ".join(self.targets), ", ".join(self.columns)
        statements = ["SET session_replication_role = replica"]
        statements += [
            f"INSERT INTO {self.parent} ({targeted}) VALUES ({', '.join(row)}) ON CONFLICT ({targeted}) DO NOTHING"
            for row in parents
        ]
        for place, row in enumerate(children):
            values = ", ".join(row)
            if self.shape != SELF:
                heir = self.shape == INHERITED and place % 3 == 2
                into = f"{self.schema}.heir" if heir else self.child
                statements.append(f"INSERT INTO {into} ({listed}) VALUES ({values})")
            elif "NULL" not in (own := children[(place + 1) % len(children)]):
                # a row needs a key of its own: that of the next row serves
                statements.append(
                    f"INSERT INTO {self.child} ({targeted}, {listed}) VALUES ({', '.join(own)}, {values}) "
                    "ON CONFLICT DO NOTHING"
                )
        if self.shape == INHERITED and parents and "NULL" not in parents[0]:
            # now only an heir of the parent has this key, which does not count
            values = ", ".join(parents[0])
            statements.append(f"INSERT INTO {self.schema}.parentheir ({targeted}) VALUES ({values})")
            statements.append(f"DELETE FROM ONLY {self.parent} WHERE ({targeted}) = ({values})")
        return [*statements, "RESET session_replication_role"]

    def reference(self, *, full: bool) -> str:
        """Return the server's own query for a new key, as ALTER TABLE … ADD CONSTRAINT asks it."""
        joined = " AND ".join(f"pk.{p} = fk.{c}" for p, c in zip(self.targets, self.columns, strict=True))
        present = (" OR " if full else " AND ").join(f"fk.{c} IS NOT NULL" for c in self.columns)
        return (
            f"SELECT count(*) FROM {'' if self.child_parted else 'ONLY '}{self.child} fk "
            f"LEFT JOIN {'' if self.parent_parted else 'ONLY '}{self.parent} pk ON {joined} "
            f"WHERE pk.{self.targets[0]} IS NULL AND ({present})"
        )


@st.composite
def cases(draw: Any, schema: str = "s") -> Case:
    """Draw a schema with one key, and rows of which some break it."""
    # half of the cases suit the gap probe
    probed = draw(st.booleans())
    shape = draw(st.sampled_from((PLAIN, SELF, INHERITED) if probed else SHAPES))
    kinds = draw(st.lists(st.sampled_from(ORDERED if probed else KINDS), min_size=1, max_size=3))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=4, max_size=4, unique=True))
    if shape == SELF:
        kinds = [(second, second, values) for _, second, values in kinds]
    full = (not probed or len(kinds) == 1) and draw(st.booleans())
    width = range(len(kinds))
    stem = names[3].encode()[:58].decode(errors="ignore")
    parent = f"{quote(schema)}.{quote(names[0])}"
    plan = _Plan(
        schema=quote(schema),
        shape=shape,
        kinds=kinds,
        parent=parent,
        child=parent if shape == SELF else f"{quote(schema)}.{quote(names[1])}",
        columns=[quote(f"{stem}c{i}") for i in width],
        targets=[quote(f"{stem}p{i}") for i in width],
    )
    unique = not plan.parent_parted and shape != SELF and draw(st.booleans())
    order = draw(st.permutations(list(width)))
    defer = draw(st.sampled_from(("", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED")))
    key = (
        f"FOREIGN KEY ({', '.join(plan.columns[i] for i in order)}) REFERENCES {parent} "
        f"({', '.join(plan.targets[i] for i in order)}){' MATCH FULL' if full else ''} ON DELETE CASCADE{defer}"
    )
    constraint = quote(names[2])
    parents = draw(st.lists(st.tuples(*(_value(kind, nullable=unique) for kind in kinds)), max_size=8))
    children = draw(st.lists(st.tuples(*(_value(kind, nullable=True) for kind in kinds)), max_size=10))
    statements = (
        *plan.tables("UNIQUE" if unique else "PRIMARY KEY"),
        f"ALTER TABLE {plan.child} ADD CONSTRAINT {constraint} {key}",
        *_index(draw(st.sampled_from(_USED if probed else _INDEXES)), plan.child, plan.columns),
        *plan.rows(parents, children),
    )
    return Case(statements, plan.reference(full=full), plan.child, constraint, key, shape)


def _value(kind: tuple[str, str, tuple[str, ...]], *, nullable: bool) -> st.SearchStrategy[str]:
    values = st.sampled_from(kind[2])
    return st.one_of(values, values, values, st.just("NULL")) if nullable else values


def _index(kind: str, child: str, columns: list[str]) -> list[str]:
    listed = ", ".join(columns)
    forms = {
        "btree": f"CREATE INDEX ON {child} ({listed})",
        "not null": f"CREATE INDEX ON {child} ({listed}) WHERE {columns[0]} IS NOT NULL",
        "reversed": f"CREATE INDEX ON {child} ({', '.join(reversed(columns))})",
        "desc": f"CREATE INDEX ON {child} ({', '.join(f'{c} DESC NULLS LAST' for c in columns)})",
        "wider": f"CREATE INDEX ON {child} ({listed}, ({columns[0]} IS NULL))",
        "other": f"CREATE INDEX ON {child} ({columns[0]}) WHERE {columns[-1]} IS NULL",
    }
    return [forms[kind]] if kind in forms else []
