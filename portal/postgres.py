"""PostgreSQL: Piccolo's engine, but a lost connection never stays behind as the current transaction."""

import asyncio
from typing import Any

from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

POOL_SIZE = 8


class SafeTransaction(PostgresTransaction):
    """Piccolo's forgets to end itself when ROLLBACK or COMMIT fails: all later ones would join a dead one."""

    async def __aenter__(self) -> PostgresTransaction:
        if self._parent is not None:
            return self._parent
        self.connection = await self.get_connection()  # type: ignore[no-untyped-call]
        try:
            self.transaction = self.connection.transaction()
            await self.begin()  # type: ignore[no-untyped-call]
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exception_type: Any, exception: Any, traceback: Any) -> bool:
        if self._parent:
            return exception is None
        try:
            if exception and not self._rolled_back:
                await self.rollback()  # type: ignore[no-untyped-call]
            elif not exception and not self._committed and not self._rolled_back:
                await self.commit()  # type: ignore[no-untyped-call]
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._give_back()
        return exception is None

    async def _give_back(self) -> None:
        pool = self.engine.pool
        await asyncio.shield(pool.release(self.connection) if pool else self.connection.close())


class PooledPostgres(PostgresEngine):
    def __init__(self, url: str) -> None:
        super().__init__(config={"dsn": url})

    async def check_version(self) -> None:
        """Nothing: the stock one connects, in a thread and loop of its own, whenever an engine is made."""

    async def start_connection_pool(self, **_: Any) -> None:
        await super().start_connection_pool(min_size=1, max_size=POOL_SIZE)

    def transaction(self, allow_nested: bool = True) -> PostgresTransaction:
        return SafeTransaction(engine=self, allow_nested=allow_nested)
