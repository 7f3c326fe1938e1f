"""A delivery as an object of its own, so that the catalog can be rebuilt (rule R4)."""

from __future__ import annotations

import json

from pipeline.model import Delivery


def receipt(arrival: Delivery, container: str | None) -> bytes:
    """Return a delivery's receipt: the same bytes each time (rule R8).

    ``container``: SHA-256 of the file of several pages that the page came in.
    """
    batch = arrival.batch
    return json.dumps(
        {
            "delivery": arrival.id,
            "sha256": arrival.sha256,
            "container": container,
            "name": arrival.name,
            "page_no": arrival.page_no,
            "branch": batch.branch,
            "day": batch.day.isoformat(),
            "station": batch.station,
            "operator": batch.operator,
            "batch": batch.name,
        },
        ensure_ascii=False,
        sort_keys=True,
    ).encode()
