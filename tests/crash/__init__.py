"""The crash matrix: each command, failed at each of its durable acts in each way, and completed by the next command.

`shim.c` sees the acts at the level of the C library, so that those of DuckDB, Polars and Typst count; `shim.py` compiles and arms it; `history.py` says
which commands there are, and what lies before each; `matrix.py` tries the points; `figures.py` counts them.
"""
