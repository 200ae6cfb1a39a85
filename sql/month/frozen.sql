-- grain: one row per chosen decision, as a close freezes it
-- state: everything that the decision and its payment rest on, as it stands now: the decision, the payee's particulars, the rows that the rule
-- looks up, what was paid to the claimant before, what two people agreed to change, and whether changed content of the claim waits
with particulars as (
    select {{ key }} as id, {{ payment.name }} as name, {{ payment.bank }} as bank, {{ payment.account }} as account from current_{{ payment.table }}
),
paid_before as (
    select {{ awards_claimant }} as claimant, cast(sum(awarded_fen) as bigint) as paid_fen from current_{{ awards }} group by all
),
agreed as (
{% include "month/agreed_changes.sql" %}
),
placed as (
    select
        fact.* exclude (breakdowns, treasury_places),
        [{% for column in breakdowns %}coalesce(nullif(fact.breakdowns[{{ loop.index }}], ''), fact.{{ column }}, ''){{ ", " if not loop.last }}{% endfor %}]::varchar[] as breakdowns,
        [{% for column in places %}{{ "coalesce(nullif(fact.treasury_places[%s], ''), fact.%s, '')" % (loop.index, column) if column else "''" }}{{ ", " if not loop.last }}{% endfor %}]::varchar[] as treasury_places
    from fact
),
looked_up as (
    select
        claim_id,
        case rule
{% for rule in rules %}
            when '{{ rule.id }}' then map([{% for fact in rule.facts if fact.join and fact.kind != "bool" %}{{ fact.name | sql }}{{ ", " if not loop.last }}{% endfor %}]::varchar[], [{% for fact in rule.facts if fact.join and fact.kind != "bool" %}cast({{ fact.column }} as varchar){{ ", " if not loop.last }}{% endfor %}]::varchar[])
{% endfor %}
        end as facts
    from fact
)
select
    placed.claim_id, 0 as number, placed.run, placed.claimant, claimant.name as claimant_name, placed.clause, placed.claim_year,
    placed.outcome, placed.computed_fen, placed.award_fen, placed.breakdowns, placed.treasury_places
{% for treasury in treasuries %}
    , placed.{{ treasury }}_fen
{% endfor %}
    , placed.payee, payee.name as payee_name, payee.bank, payee.account, placed.reason_codes,
    map_concat(looked_up.facts, map {
        'decision:outcome': placed.outcome, 'decision:award_yuan': yuan_text(placed.award_fen), 'decision:reason_codes': placed.reason_codes,
{% for treasury in treasuries %}
        'decision:{{ treasury }}_yuan': yuan_text(placed.{{ treasury }}_fen), 'decision:{{ treasury }}_place': placed.treasury_places[{{ loop.index }}],
{% endfor %}
        'decision:breakdowns': array_to_string(placed.breakdowns, '、'), 'decision:payee': placed.payee, 'claimant:name': claimant.name,
        'claimant:paid_before_yuan': yuan_text(paid_before.paid_fen), 'claimant:changed_claim': held.content,
        'claim:agreed_changes': agreed.changes,
        'payee:name': payee.name, 'payee:bank': payee.bank, 'payee:account': payee.account
    }) as state
from placed
join looked_up using (claim_id)
left join particulars as claimant on claimant.id = placed.claimant
left join particulars as payee on payee.id = placed.payee
left join paid_before on paid_before.claimant = placed.claimant
left join agreed on agreed.claim_id = placed.claim_id
left join held on held.claim_id = placed.claim_id and held.changed
