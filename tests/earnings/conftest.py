from pathlib import Path

import pytest

from portal.programs.actions import load_program
from tests.cast import BEGINNING, KARTRA, Cast


@pytest.fixture
async def low_tiers(cast: Cast, bound: None, tmp_path: Path, anyio_backend: str) -> Cast:
    """Partner from two customers, Elite from three, so that small histories reach them."""
    text = KARTRA.read_text().replace("from_customers = 10", "from_customers = 2")
    file = tmp_path / "kartra.toml"
    file.write_text(
        text.replace("from_customers = 50", "from_customers = 3").replace("2025-01-01", "2026-12-01")
    )
    await load_program(file, BEGINNING)
    return cast
