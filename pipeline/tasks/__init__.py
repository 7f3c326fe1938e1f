"""Capture tasks (采集任务): which papers a booked transaction needs, and how far each is."""
