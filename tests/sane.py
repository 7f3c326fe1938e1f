"""SANE's own devices: “test” draws pages and fails as it is told, “pnm” gives a picture as its page."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import PaperproofError

DEFAULTS = {
    "number_of_devices": "2",
    "mode": "Color",
    "depth": "8",
    "hand-scanner": "false",
    "three-pass": "false",
    "three-pass-order": "RGB",
    "resolution_min": "1.0",
    "resolution_max": "1200.0",
    "resolution_quant": "1.0",
    "resolution": "50.0",
    "test-picture": '"Color pattern"',
    "read-delay": "false",
    "read-delay-duration": "1000",
    "read-status-code": '"Default"',
    "geometry_min": "0.0",
    "geometry_max": "200.0",
    "geometry_quant": "1.0",
    "tl_x": "0.0",
    "tl_y": "0.0",
    "br_x": "80.0",
    "br_y": "100.0",
}


def devices(folder: Path, *backends: str, **test: str) -> dict[str, str]:
    """Set devices up in a folder, “test” with its settings changed; returns the surroundings that name it."""
    folder.mkdir(exist_ok=True)
    (folder / "dll.conf").write_text("".join(f"{one}\n" for one in backends))
    set_to = {**DEFAULTS, **{name.replace("_", "-"): value for name, value in test.items()}}
    (folder / "test.conf").write_text("".join(f"{one} {value}\n" for one, value in set_to.items()))
    return {**os.environ, "LC_ALL": "C", "SANE_CONFIG_DIR": str(folder)}


def refusal(run: Callable[[], object], told: str) -> str:
    """Return the sentence that a run on a failing “test” device ends with.

    Once in a thousand runs that device hangs or ends without a word: its reading process inherits
    scanimage's handler of signals, and takes the broken pipe for a wish to stop. Then it is asked again,
    three times at most.
    """
    sentence = ""
    for _ in range(3):
        with pytest.raises(PaperproofError) as refused:
            run()
        sentence = str(refused.value)
        if told in sentence:
            break
    return sentence
