"""What Spark assesses is what DuckDB assesses. Needs the extra `spark` and Java, and is left out unless asked for with -m spark: `make test-spark`."""
