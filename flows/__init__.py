"""When it happens and for whom: settings, the parts put together once, steps, flows, the command line."""
