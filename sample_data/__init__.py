"""An invented city: the month that comes with the program, and the generator that writes it and others.

`2024-06/` is the shipped month; city.py says what happens in the city, months.py writes its months as offices send them, many.py writes
claims in any number. Every name, address, account and code is invented and marked: names hold 示例, credit codes stand under a
registration authority that does not exist, accounts begin with zeros.
"""

from datetime import date
from pathlib import Path

SHIPPED_MONTH = Path(__file__).parent / "2024-06"
SHIPPED_MONTH_END = date(2024, 6, 30)
SHIPPED_SEED = 202411
