-- grain: one row per unsettled claim with a ceiling that carries: what earlier years left for it, in fen
{% set may_use = "part.year >= claim_year - carry_years and part.year < claim_year" %}
create or replace temp table carried as
with recursive event as (
    select carry_key, carry_years, claim_year, carry_fen, null::bigint as seq, run, submitted_on, claim_id
    from carry_history
    union all
    select claim_limit.carry_key, claim_limit.carry_years, claim_limit.claim_year, award.carry_fen, seq, null, null, null
    from claim_limit
    join award using (seq)
    where claim_limit.carry_years > 0
),
placed as (
    select *, row_number() over (partition by carry_key order by seq nulls first, run, submitted_on, claim_id) as place
    from event
    where carry_key in (select carry_key from claim_limit semi join unsettled using (seq) where carry_years > 0)
),
-- what is pending before each event, the oldest year first; an event adds to it, or takes from the oldest years that it may use
chain as (
    select *, []::struct(year integer, fen bigint)[] as pending
    from placed
    where place = 1
    union all
    select
        following.*,
        list_sort(list_concat(
            list_filter(chain.pending, lambda part: not ({{ may_use | replace("claim_year", "chain.claim_year") | replace("carry_years", "chain.carry_years") }})),
            case when chain.carry_fen > 0 then [{'year': chain.claim_year, 'fen': chain.carry_fen}] end,
            list_transform(usable, lambda part, position: {
                'year': part.year,
                'fen': part.fen - least(part.fen, greatest(0, - chain.carry_fen - coalesce(bounded(
                    list_sum(list_transform(usable[1:position - 1], lambda older: older.fen))), 0)))
            })
        ))
    from (
        select *, list_filter(pending, lambda part: {{ may_use }}) as usable from chain
    ) as chain
    join placed as following on following.carry_key = chain.carry_key and following.place = chain.place + 1
)
select
    seq,
    coalesce(bounded(list_sum(list_transform(list_filter(pending, lambda part: {{ may_use }}), lambda part: part.fen))), 0) as carried_fen
from chain
where seq is not null;
