"""Figures in the form that Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import accumulate
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from flows.measuring import Figures
from flows.stage_times import stage_times
from pipeline.metrics import METRICS, STAGE_SECONDS, Sample
from pipeline.stages import BOUNDS


class _Told(Collector):
    """Tells samples as gauges; every metric's help is there, also of those without a sample."""

    def __init__(self, take: Callable[[], Iterable[Sample]]) -> None:
        self._take = take

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name what will be told, without taking it."""
        for one in METRICS:
            yield GaugeMetricFamily(one.name, one.help, labels=one.labels)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Tell what is so now."""
        families = {family.name: family for family in self.describe()}
        for sample in self._take():
            families[sample.metric.name].add_metric(sample.labels, sample.value)
        yield from families.values()


class _Stages(Collector):
    """Tells how long stages take, as added up by all processes of the workspace."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def describe(self) -> Iterator[HistogramMetricFamily]:
        """Name what will be told."""
        yield HistogramMetricFamily(STAGE_SECONDS.name, STAGE_SECONDS.help, labels=("stage",))

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Tell what was added up until now."""
        (family,) = self.describe()
        bounds = [*(f"{one:g}" for one in BOUNDS), "+Inf"]
        for stage, found in stage_times(self._path).items():
            buckets = list(zip(bounds, accumulate(found.counts), strict=True))
            family.add_metric([stage], buckets, found.total)
        yield family


def registry(figures: Figures, stage_times: Path, now: Callable[[], datetime]) -> CollectorRegistry:
    """Make a registry of its own that takes the figures, and the times of stages, whenever it is asked."""
    made = CollectorRegistry()
    made.register(_Told(lambda: figures.at(now())))
    made.register(_Stages(stage_times))
    return made
