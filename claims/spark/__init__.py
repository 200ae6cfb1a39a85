"""Assessment on Apache Spark: the statements of sql/assess, carried over to its SQL, over Parquet that lies where its workers reach it.

Needs the extra `spark` (pyspark, sqlglot) and Java; nothing else of the program imports these.
"""
