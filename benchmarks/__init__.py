"""What this package costs, as ratios within one run: ``python -m benchmarks`` (see docs/benchmarks.md).

Adding a row: give one of the `rows_*.py` modules a `Row` more, or write a new module with a function
``rows(lab: Lab) -> list[Row]`` and name it in `__main__.MODULES`. A row is two programs, as argument lists: ours, and
what it is compared with. Both are run in turn; their CPU time, wall time and peak memory are taken from outside. What
cannot be seen from outside (one call of many, say) is measured by the program itself, which prints the figure as its
last line; such programs lie in `programs/`, and their rows say ``figure="printed"``. `Lab` has the environments and
the servers: ``lab.url(rows=1000)`` is a server whose lists have 1,000 rows.
"""
