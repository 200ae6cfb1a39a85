-- grain: one row per decision that an approval posts, treasury that owes some of it and instalment; amounts in fen
-- instalments are what the trace of the decision says, or one, due on approval; each treasury bears its share of each, rounded down over the
-- instalments so far, out of what the treasuries before it leave: so each instalment and each share come out to the fen, and none is negative
create or replace temp table owed as
with awarded as (
    select sequence, claim_id, number, payee, award_fen from covered where month = {{ month | sql }} and not left_out and number = 0 and award_fen > 0
),
instalment as (
{% for source in steps %}
    select claim_id, cast(name as integer) as instalment, cast(value_text as date) as due_on, value as amount_fen
    from {{ source }}
    where kind = 'instalment'
    union all
{% endfor %}
    select null as claim_id, null as instalment, null::date as due_on, null as amount_fen where false
),
left_0 as (
    select
        awarded.*, coalesce(instalment.instalment, 1) as instalment,
        greatest(coalesce(instalment.due_on, date '{{ approved_on }}'), date '{{ approved_on }}') as due_on,
        coalesce(instalment.amount_fen, awarded.award_fen) as left_fen
    from awarded
    left join instalment on instalment.claim_id = awarded.claim_id
),
{% for treasury in treasuries %}
through_{{ loop.index }} as (
    select
        rest.*, share.place as place, coalesce(share.share_fen, 0)::hugeint
            * sum(left_fen) over (partition by rest.claim_id, rest.number order by rest.instalment)
            // nullif(sum(left_fen) over (partition by rest.claim_id, rest.number), 0) as through_fen
    from left_{{ loop.index0 }} as rest
    left join month_share as share
        on share.sequence = rest.sequence and share.claim_id = rest.claim_id and share.number = rest.number and share.treasury = '{{ treasury }}'
),
borne_{{ loop.index }} as (
    select
        *, cast(coalesce(through_fen, 0) - coalesce(lag(through_fen) over (partition by claim_id, number order by instalment), 0) as bigint) as borne_fen
    from through_{{ loop.index }}
),
left_{{ loop.index }} as (
    select * exclude (place, through_fen, borne_fen, left_fen), left_fen - borne_fen as left_fen from borne_{{ loop.index }}
){{ "," if not loop.last }}
{% endfor %}
{% for treasury in treasuries %}
select claim_id, number, instalment, '{{ treasury }}' as treasury, place, payee, due_on, borne_fen as amount_fen
from borne_{{ loop.index }}
where borne_fen <> 0
{{ "union all" if not loop.last }}
{% endfor %}
order by claim_id, number, treasury, instalment;
