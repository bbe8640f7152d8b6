"""The fault campaign: thousands of small worlds where everything goes wrong, and what came of it is counted.

`python -m tests.faults` runs it whole (`make faults`); `--seed N` replays one schedule with its story.
"""
