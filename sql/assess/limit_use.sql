-- grain: one row per unsettled claim and limit: what its account had given before this claim, by earlier runs and by the claims before it, in
-- the unit that its pool counts, and what is left of it; room_fen is how much of an amount a ceiling lets through, null for all of it
-- whole: every claim is unsettled, so that nothing need be picked
create or replace temp table limit_use as
{% set concerned = "claim_limit" if whole else "concerned" %}
with
{% if not whole %}
concerned as (
    select * from claim_limit semi join unsettled using (seq)
),
{% endif %}
draw as (
    select * from account_draw
{% if not whole %}
    where account in (select account from concerned where shared)
{% endif %}
),
given_in_batch as (
    select
        draw.seq, draw.account,
        sum(
            case
                when draw.counts = 'awards' then award.award_fen
                when draw.counts = 'entitled' then award.entitled_fen
                when draw.counts = 'decided' then 1
                when award.award_fen = 0 then 0
                when draw.counts = 'computed' then award.computed_fen
                else 1
            end
        ) over earlier as given
{% if carries %}
        , sum(award.carry_fen) over earlier as given_carry
        , sum(greatest(0, -award.carry_fen)) filter (draw.carries) over earlier as given_of_carried
{% endif %}
{% if counts_values %}
        , list(case when award.award_fen > 0 then draw.counted end) over earlier as given_values
{% endif %}
    from draw
    join award using (seq)
    window earlier as (partition by draw.account order by draw.seq rows between unbounded preceding and 1 preceding)
),
counted as (
    select
        {{ concerned }}.*,
{% macro used() -%}
history + coalesce(bounded(given), 0){% if carries %} + case
            -- what was carried comes back by itself, and is not due again
            when kind = 'cumulative' then history_carry + coalesce(bounded(given_carry), 0)
            -- what is given of carried amounts was computed in an earlier year
            when kind = 'ceiling' and counts = 'computed' and carry_years > 0 then history_of_carried + coalesce(bounded(given_of_carried), 0)
            else 0
        end{% endif %}
{%- endmacro %}
{% if counts_values %}
        -- a value (a year) for which something was awarded already takes no other
        case when counts in ('years', 'distinct')
            then len(list_filter(list_distinct(list_concat(history_values, given_values)), lambda value: value <> counted))
            else {{ used() }}
        end as used,
        case when counts = 'years' then cast(list_min(list_concat(history_values, given_values)) as integer) end as first_year
{% else %}
        {{ used() }} as used, null::integer as first_year
{% endif %}
    from {{ concerned }}
    left join given_in_batch using (seq, account)
)
select
    seq, limit_number, ordinal, kind, pool, carry_years, allowed, used, first_year,
    greatest(0, allowed - used) as remaining,
    case
        when kind <> 'ceiling' then null
        when counts in ('awards', 'entitled', 'computed') then greatest(0, allowed - used)
        when allowed <= used then 0
    end as room_fen
from counted;
