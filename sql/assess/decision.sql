-- grain: one row per settled claim: outcome, award, who bears it, to whom it is paid, and why; amounts in fen
create or replace temp table decision as
with bound_code as (
    select seq, string_agg(distinct code, ';') as codes
    from limit_step
    where kind = 'ceiling' and bound and not refused
    group by seq
),
reasoned as (
    select
        award_next.*,
        case
            when refused then concat_ws(';', refusals, given_code)
            when due_fen = 0 then {{ nothing_due | sql }}
            else concat_ws(';', reductions, bound_code.codes)
        end as unsorted_codes
    from award_next
    left join bound_code using (seq)
),
shared as (
{% for rule in rules %}
    select
        seq, claim_id, claimant, clause, claim_year, payee
{% for treasury in treasuries %}
{% set shares = dict(rule.shares) %}
        , {{ shares[treasury] if shares.get(treasury) else "null::bigint" if treasury in shares else "0::bigint" }} as {{ treasury }}_fen
{% endfor %}
    from {{ rule.table }}
    join award_next using (seq)
{{ "union all" if not loop.last }}
{% endfor %}
)
select
    shared.seq, shared.claim_id, shared.claimant, shared.clause, shared.claim_year, reasoned.rule,
    case
        when refused or due_fen = 0 or award_fen = 0 then 'rejected'
        when unsorted_codes = '' then 'approved'
        else 'reduced'
    end as outcome,
    reasoned.computed_fen, reasoned.award_fen
{% for treasury in treasuries %}
    , coalesce(shared.{{ treasury }}_fen, award_fen{% for other in treasuries if other != treasury %} - coalesce(shared.{{ other }}_fen, 0){% endfor %}) as {{ treasury }}_fen
{% endfor %}
    , case when award_fen > 0 then shared.payee end as payee
    , array_to_string(list_sort(list_distinct(string_split(unsorted_codes, ';'))), ';') as reason_codes
from shared
join reasoned using (seq);
