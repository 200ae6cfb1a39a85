"""`python -m sample_data` writes the shipped month, the scores of its banks and the sample of the patent policy anew."""

from sample_data import SHIPPED_MONTH, SHIPPED_MONTH_END, SHIPPED_PATENTS, SHIPPED_SCORES, SHIPPED_SEED
from sample_data.months import write_months
from sample_data.patents import write_patents
from sample_data.scores import write_scores

write_months(SHIPPED_MONTH.parent, 1, SHIPPED_SEED, SHIPPED_MONTH_END.replace(day=1))
write_patents(SHIPPED_PATENTS)
write_scores(SHIPPED_SCORES)
