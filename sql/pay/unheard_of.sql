-- grain: one row per treasury and place of a budget file that no decided claim, no adjustment and no payable names
with named as (
{% for treasury in treasuries %}
    select {{ treasury | sql }} as treasury, treasury_places[{{ loop.index }}] as place from decided
    union
{% endfor %}
    select treasury, place from adjustment_share
    union
    select treasury, place from payable
)
select distinct treasury, place
from new_budget
anti join named using (treasury, place)
where place <> ''
order by all
