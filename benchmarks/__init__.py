"""How fast Bottleneck is, always as a ratio to something comparable measured in the same run.

    python -m benchmarks [NAME ...] [--quick] [--json]

A new benchmark is one module with a function `measure(*, quick) -> list[Row]`, and one entry in `names.BENCHMARKS`.
"""
