"""References that nobody declared are suggested; what is declared or only looks like one is not."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from pytest_deploycheck.pgpack.suggest import Suggestion, suggest
from pytest_deploycheck.sources.postgres_queries import column_of
from tests.fix_pack import execute

if TYPE_CHECKING:
    from pytest_deploycheck.sources.postgres import PostgresSource

SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE categories (id uuid PRIMARY KEY);
CREATE TABLE address (address_id bigint PRIMARY KEY);
CREATE TABLE pairs (a int, b int, PRIMARY KEY (a, b));
CREATE SCHEMA crm; CREATE TABLE crm.users (id int PRIMARY KEY); CREATE TABLE crm.leads (id int PRIMARY KEY);
CREATE TABLE orders (id int, user_id int, "category_ID" uuid, address_id bigint, lead_id int, pair_id int,
  users_id text, categories_id int, ghost_id int, _id int, declared_id int);
CREATE TABLE declared (id int PRIMARY KEY); ALTER TABLE orders ADD FOREIGN KEY (declared_id) REFERENCES declared;
CREATE VIEW seen AS SELECT user_id FROM orders;
"""


def test_suggests_what_fits_by_name_and_type(database: str, source: PostgresSource) -> None:
    """Singular, plural, another key's name, another schema; never another type, a composite key or a declared one."""
    execute(database, SCHEMA)
    assert {
        ("user_id", "public.users.id"),
        ("category_ID", "public.categories.id"),
        ("address_id", "public.address.address_id"),
        ("lead_id", "crm.leads.id"),
    } == {(each.child[2], ".".join(each.parent)) for each in suggest(source, database)}


def test_a_suggestion_is_a_setting(database: str, source: PostgresSource) -> None:
    """The text is TOML that names the columns as the checks read them."""
    execute(database, SCHEMA)
    for each in suggest(source, database):
        (entry,) = tomllib.loads(each.as_toml())["integrity"]
        assert (each.child, each.parent) == (
            column_of(entry["orphans"]["child"]),
            column_of(entry["orphans"]["parent"]),
        )


def test_hostile_names_stay_data() -> None:
    """Quotes and control characters cannot leave their string."""
    odd = Suggestion(child=("s", 'a"]\n[x', "b\x1b_id"), parent=("s", "t", "id"))
    loaded = tomllib.loads(odd.as_toml())
    assert ["integrity"] == list(loaded)
    assert "\x1b" not in odd.as_toml() + str(odd)
