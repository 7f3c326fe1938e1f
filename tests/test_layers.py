"""The rule of layers holds for what is imported at run time too: Prefect is slow and stays in flows."""

import subprocess
import sys

import pytest

from flows.on_demand import ROOM_OF, _loaded


def test_lower_packages_do_not_pull_in_prefect() -> None:
    program = (
        "import pipeline.model, ingest, storage, catalog, sys; sys.exit('prefect' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


_SLOW = (
    "prefect",
    "rapidocr",
    "onnxruntime",
    "openpyxl",
    "pikepdf",
    "scipy",
    "cv2",
    "minio",
    "alembic",
)
"""What takes from 50 ms to seconds to import."""


@pytest.mark.parametrize(
    "named",
    ["flows.cli", "flows.commands.station", "flows.commands.tasks", "flows.commands.stream"],
)
def test_the_command_line_starts_without_what_only_some_commands_need(named: str) -> None:
    program = f"import {named}, sys; sys.exit(', '.join(set({_SLOW}) & sys.modules.keys()) or 0)"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_a_stations_agent_loads_neither_catalog_nor_stores() -> None:
    strange = ("catalog.catalog", "flows.parts", "storage.s3", "storage.vault", "pipeline.sandbox")
    program = (
        f"import flows.commands.agent, sys; sys.exit(bool(set({strange}) & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_each_room_of_commands_has_the_words_it_is_loaded_for() -> None:
    assert {word for room in ROOM_OF.values() for word in _loaded(room).commands} == set(ROOM_OF)
    for word, room in ROOM_OF.items():
        assert word in _loaded(room).commands
