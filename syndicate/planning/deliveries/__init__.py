"""Which messages go out, wait or stop, and why."""
