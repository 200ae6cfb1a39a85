"""Claims for municipal financial incentives: from a folder of CSV files to exact, traced decisions and letters.

This package holds the domain's nouns; the jobs and the command line are in `pipelines`.
"""

__version__ = "0.2.0"
