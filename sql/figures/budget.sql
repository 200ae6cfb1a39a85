-- grain: one row per treasury with a budget of a year: how many of its places have one, all of them together as imported before an event of the record,
-- and what of the year until then is borne by these places; amounts in fen
with latest as (
    select treasury, place, amount_fen
    from budget
    where year = $year and sequence < $before
    qualify row_number() over (partition by treasury, place order by sequence desc) = 1
),
borne as (
{% include borne %}
)
select
    latest.treasury, count(*) as places, cast(sum(latest.amount_fen) as bigint) as amount_fen, cast(coalesce(sum(borne.borne_fen), 0) as bigint) as borne_fen
from latest
left join borne using (treasury, place)
group by latest.treasury
