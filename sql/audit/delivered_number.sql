-- grain: one row per letter that an approval issued and whose delivery an act recorded
select document_no
from {{ delivery }} as delivery
semi join {{ issued_letter }} as letter using (document_no)
order by document_no
