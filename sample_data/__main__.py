"""`python -m sample_data` writes the shipped month anew."""

from sample_data import SHIPPED_MONTH, SHIPPED_MONTH_END, SHIPPED_SEED
from sample_data.months import write_months

write_months(SHIPPED_MONTH.parent, 1, SHIPPED_SEED, SHIPPED_MONTH_END.replace(day=1))
