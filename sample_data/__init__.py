"""An invented city: the months that come with the program, and the generator that writes them and others.

`2024-06/` is the shipped month; city.py says what happens in the city, months.py writes its months as offices send them, many.py writes
claims in any number. `2020-53/` is the sample of the patent policy, which patents.py writes; `scores-2023/` is a year's
evaluation of banks, which scores.py writes. Every name, address, account and code is invented and marked: names hold 示例, credit codes stand under a
registration authority that does not exist, accounts begin with zeros.
"""

from datetime import date
from pathlib import Path

SHIPPED_MONTH = Path(__file__).parent / "2024-06"
SHIPPED_MONTH_END = date(2024, 6, 30)
SHIPPED_SEED = 202411
SHIPPED_SCORES = Path(__file__).parent / "scores-2023"
SHIPPED_PATENTS = Path(__file__).parent / "2020-53"
