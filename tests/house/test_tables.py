"""Every table that a feature keeps is one that migrations know."""

import importlib
from pathlib import Path
from typing import Any

from piccolo.columns import ForeignKey, OnDelete
from piccolo.table import Table

from portal.piccolo_app import FEATURES, TABLES

HOUSE = Path(__file__).parents[2]


def kept_by(module: object) -> set[type[Table]]:
    found = {value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Table)}
    return {table for table in found if table.__module__ == getattr(module, "__name__", "")}


def test_every_table_is_registered() -> None:
    names = [f"portal.{path.parent.name}.tables" for path in sorted(HOUSE.glob("portal/*/tables.py"))]
    modules = [importlib.import_module(name) for name in names]
    assert set(modules) == set(FEATURES)
    assert set().union(*map(kept_by, modules)) == set(TABLES)


def test_no_row_disappears_because_another_one_did() -> None:
    # Piccolo's default is ON DELETE CASCADE: deleting one enrollment would erase its sales.
    keys = [column for table in TABLES for column in table._meta.foreign_key_columns]
    assert len(keys) > 20
    assert [str(key) for key in keys if is_dangerous(key)] == []


def is_dangerous(key: ForeignKey[Any]) -> bool:
    return key._foreign_key_meta.on_delete is not OnDelete.restrict
