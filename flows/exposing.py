"""Figures in the form that Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from flows.measuring import Figures
from pipeline.metrics import METRICS, Sample


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


def registry(figures: Figures, now: Callable[[], datetime]) -> CollectorRegistry:
    """Make a registry of its own that takes the figures whenever it is asked."""
    made = CollectorRegistry()
    made.register(_Told(lambda: figures.at(now())))
    return made
