"""The rule of layers holds for what is imported at run time too: Prefect is slow and stays in flows."""

import subprocess
import sys


def test_lower_packages_do_not_pull_in_prefect() -> None:
    program = (
        "import pipeline.model, ingest, storage, catalog, sys; sys.exit('prefect' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_command_line_starts_without_what_only_some_commands_need() -> None:
    program = (
        "import flows.cli, sys; slow = {'prefect', 'rapidocr', 'onnxruntime', 'openpyxl', 'pikepdf'};"
        "sys.exit(', '.join(sorted(slow & set(sys.modules))) or 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
