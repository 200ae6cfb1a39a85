-- grain: one row per group of what a report is about: decisions by outcome, what was awarded and by which treasury; amounts in fen
-- an adjustment adds to the amounts and is no decision to count
select
    coalesce({{ group }}, '') as grouped,
    count(*) filter (number = 0) as claims,
    count(*) filter (number = 0 and outcome = 'approved') as approved,
    count(*) filter (number = 0 and outcome = 'reduced') as reduced,
    count(*) filter (number = 0 and outcome = 'rejected') as rejected,
    cast(coalesce(sum(award_fen), 0) as bigint) as award_fen
{% for treasury in treasuries %}
    , cast(coalesce(sum({{ treasury }}_fen), 0) as bigint) as {{ treasury }}_fen
{% endfor %}
from reported
group by grouped
order by grouped
