"""Each file moves the tables on by one step. What they share is only words of SQL that never change."""

_KEY = 'UUID{null} REFERENCES "{table}" ("id") ON DELETE RESTRICT ON UPDATE CASCADE DEFAULT null'


def one(table: str) -> str:
    """The type of a column that points to a row of a table, as Piccolo writes it."""
    return _KEY.format(table=table, null=" NOT NULL")


def perhaps(table: str) -> str:
    """The same, for a column that may stay empty."""
    return _KEY.format(table=table, null="")
