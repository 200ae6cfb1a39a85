-- grain: one row per decided claim: outcome, award, who bears it, to whom it is paid, and why; amounts in fen
-- what people closed was settled by no rule, and nothing of it was computed
{% macro remainder(rule) -%}
award_fen{% for other, share in rule.shares if share %} - {{ share }}{% endfor %}
{%- endmacro %}
create or replace temp table decision as
with bound_code as (
    select
        seq,
        string_agg(distinct code, ';') filter (where kind in ('ceiling', 'highest') and not refused) as ceiling_codes,
        string_agg(distinct code, ';') filter (where kind = 'once') as once_codes
    from limit_step
    where bound
    group by seq
),
waived as (
    select distinct seq from standing_ruling where action = 'waive'
),
reasoned as (
    select
        award.rule_number, award.computed_fen, award_next.*,
        case
            when refused then concat_ws(';', refusals, once_codes)
            when payable_fen = 0 then {{ nothing_due | sql }}
            else concat_ws(';', reductions, ceiling_codes)
        end as unsorted_codes,
        case when waived.seq is not null then {{ waived | sql }} end as waiver_code
    from award_next
    join award using (seq)
    left join bound_code using (seq)
    left join waived using (seq)
)
{% for rule in rules %}
{% set shares = dict(rule.shares) %}
select
    seq, claim_id, claimant, clause, claim_year, '{{ rule.id }}' as rule,
    case
        when refused or award_fen = 0 then 'rejected'
        when unsorted_codes = '' then 'approved'
        else 'reduced'
    end as outcome,
    reasoned.computed_fen, award_fen, entitled_fen, carried_fen, carry_fen,
{% for treasury in treasuries %}
{% if treasury not in shares %}
    0::bigint as {{ treasury }}_fen,
{% else %}
    case when award_fen > 0 then {{ shares[treasury] or remainder(rule) }} else 0 end as {{ treasury }}_fen,
{% endif %}
{% endfor %}
    case when award_fen > 0 then payee end as payee,
    case
        when waiver_code is null and position(';' in unsorted_codes) = 0 then unsorted_codes
        else array_to_string(list_sort(list_distinct(string_split(concat_ws(';', nullif(unsorted_codes, ''), waiver_code), ';'))), ';')
    end as reason_codes
from {{ rule.table }}
-- the narrow side is looked up, the wide one passes by
left join (select * from reasoned where rule_number = {{ rule.number }}) as reasoned using (seq)
union all
{% endfor %}
select
    seq, claim_id, claimant, clause, claim_year, null::varchar as rule, 'rejected' as outcome, null::bigint as computed_fen, 0::bigint as award_fen,
    0::bigint as entitled_fen, 0::bigint as carried_fen, 0::bigint as carry_fen,
{% for treasury in treasuries %}
    0::bigint as {{ treasury }}_fen,
{% endfor %}
    null::varchar as payee, closed.reason_code as reason_codes
from closed
join fact using (seq);
