from collections.abc import AsyncIterator

import pytest

from portal import db
from tests.conftest import Stage


@pytest.fixture
async def bound(stage: Stage, anyio_backend: str) -> AsyncIterator[None]:
    """The stage's database, spoken to without the app."""
    async with db.connected(stage.settings.database_url):
        yield
