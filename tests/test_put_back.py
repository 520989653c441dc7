import asyncpg

from tests.put_back import Spare


async def test_the_next_test_finds_the_rows_of_the_beginning(spare: Spare, postgres_peopled: object) -> None:
    async with spare.of("peopled") as url:
        first = await _told(url, "SELECT name FROM affiliate ORDER BY name")
        await _told(url, "DELETE FROM link; UPDATE affiliate SET name = 'Nobody'")
    async with spare.of("peopled") as again:
        assert again == url
        assert await _told(again, "SELECT name FROM affiliate ORDER BY name") == first != []
        assert await _told(again, "SELECT slug FROM link") != []


async def test_nobody_gets_a_database_whose_tables_were_changed(spare: Spare, postgres: str) -> None:
    for change in (
        "ALTER TABLE affiliate ADD COLUMN shoe_size int",
        "ALTER TABLE money_event DISABLE TRIGGER USER",
        "CREATE TABLE extra (id int)",
        "DROP TABLE click CASCADE",
    ):
        async with spare.of("empty") as url:
            await _told(url, change)
        async with spare.of("empty") as next_one:
            assert next_one != url, change


async def _told(url: str, statement: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        if statement.startswith("SELECT"):
            return [str(row[0]) for row in await connection.fetch(statement)]
        await connection.execute(statement)
        return []
    finally:
        await connection.close()
