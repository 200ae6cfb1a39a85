-- grain: one row per claim that a list of a report shows: the largest awards, the largest cuts by limits, or the first refusals; amounts in fen
-- whole: how many claims the list would show if it were not cut short
with step as (
{% for source in steps %}
    select claim_id, cast(sum(before_fen - value) as bigint) as cut_fen
    from {{ source }}
    where bound and kind in ('ceiling', 'highest')
    group by claim_id
    {{ "union all" if not loop.last }}
{% else %}
    select null::varchar as claim_id, null::bigint as cut_fen where false
{% endfor %}
),
decision as (
    select claim_id, run, outcome, award_fen, coalesce(step.cut_fen, 0) as cut_fen
    from reported
    left join step using (claim_id)
    where number = 0
)
select * from (select 'awarded' as list, *, count(*) over () as whole from decision where award_fen > 0 order by award_fen desc, claim_id limit {{ longest }})
union all
select * from (select 'cut', *, count(*) over () from decision where cut_fen > 0 and award_fen > 0 order by cut_fen desc, claim_id limit {{ longest }})
union all
select * from (select 'rejected', *, count(*) over () from decision where outcome = 'rejected' order by claim_id limit {{ longest }})
