-- grain: one row per frozen decision of a month and step of it that a table for signature tells: what was computed before any limit (kind computed), what
-- was given before and taken off (cumulative), or a limit that cut it or refused it; amounts in fen
with step as (
{% include "figures/amount_step.sql" %}
)
select claim_id, ordinal, kind, name, amount_fen
from step
where claim_id in (select claim_id from covered where month = {{ month | sql }}) and kind <> 'carried'
order by claim_id, ordinal
