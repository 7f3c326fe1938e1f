"""Reading engines behind one interface: what turns pixels into lines of text."""

from pipeline.engines.engine import Engine

__all__ = ["Engine"]
