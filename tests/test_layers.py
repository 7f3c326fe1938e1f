"""The rule of layers holds for what is imported at run time too: Prefect is slow and stays in flows."""

import subprocess
import sys


def test_lower_packages_do_not_pull_in_prefect() -> None:
    program = (
        "import pipeline.model, ingest, storage, catalog, sys; sys.exit('prefect' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
