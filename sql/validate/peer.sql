-- grain: one row per claim that others may be compared with, and what comparisons ask of it: the batch in its order, and before it (seq -1) what earlier
-- runs awarded{% if not across_claimants %} to the claimants of the batch (every comparison is among the claims of one claimant){% endif %}

create or replace temp table peer as
select seq, {{ columns | join(", ") }}
from fact
union all
select -1 as seq, {{ columns | join(", ") }}
from decided_net
where award_fen > 0{{ " and claimant in (select claimant from fact)" if not across_claimants }};
