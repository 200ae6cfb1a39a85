-- grain: one row per claim of the batch, or of another relation that tells the order; seq is the order of settling: clauses that build on the awards of others come after them. By itself:
-- sorting whole rows costs far more than joining them
create or replace temp table settling_order as
select
    claim_id,
    row_number() over (
        order by
{% if turns.values() | max > 0 %}
            case clause{% for clause, turn in turns.items() %} when '{{ clause }}' then {{ turn }}{% endfor %} end,
{% endif %}
            submitted_on nulls last, claim_id
    ) as seq
from {{ claims }};
