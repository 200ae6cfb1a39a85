-- grain: one row per claim of a run that was refused since the same party had been given the award before, and award that this was: by its claim, with the
-- latest letter that an event had issued of it, or of the history from before this system, without both; amounts in fen
with latest as (
{% with before = run %}{% include "adjust/latest_adjusted.sql" %}{% endwith %}

),
given as (
    select null::varchar as claim_id, 0 as run, null::date as submitted_on, awarded_fen as award_fen
    {%- for column, prior in columns %}, {{ prior or "null" }} as {{ column }}{% endfor %}

    from (
        select * from {{ awards.name }}
        where run <= {{ run }}
        qualify row_number() over (
            partition by {% for name in awards.key %}{{ awards.fields[name].column }}{{ ", " if not loop.last }}{% endfor %}

            order by run desc, file_order desc, line desc
        ) = 1
    )
    union all
    select claim_id, run, submitted_on, award_fen{% for column, _ in columns %}, {{ column }}{% endfor %}

    from decided
    where run <= {{ run }} and claim_id not in (select claim_id from latest)
    union all
    select claim_id, decided.run, latest.submitted_on, latest.award_fen{% for column, _ in columns %}, latest.{{ column }}{% endfor %}

    from latest
    join decided using (claim_id)
    where decided.run <= {{ run }}
),
found as (
{% for pool in pools %}
    select refused.claim_id, given.claim_id as given_id, given.clause, given.claim_year, given.award_fen
    from (
        select claim_id, claimant, submitted_on, {{ pool.key_sql }} as key
        from {{ source }}
        where {% for clause, code in pool.onces %}(clause = {{ clause | sql }} and list_contains(string_split(reason_codes, ';'), {{ code | sql }})){{ " or " if not loop.last }}{% endfor %}

    ) as refused
    join (
        select *, {{ pool.key_sql }} as key from given where award_fen > 0 and clause in ({{ pool.members | map("sql") | join(", ") }})
    ) as given using (key, claimant)
    -- of the same run, those before it in the order in which claims are taken
    where given.run < {{ run }}
        or (coalesce(given.submitted_on, date '9999-12-31'), given.claim_id) < (coalesce(refused.submitted_on, date '9999-12-31'), refused.claim_id)
    {{ "union all" if not loop.last }}
{% endfor %}
),
letter as (
    select claim_id, document_no, issued_on
    from issued_letter
    where kind <> 'supplement' and sequence <= {{ issued_by }}
    qualify row_number() over (partition by claim_id order by sequence desc, number desc) = 1
)
select found.claim_id, given_id, clause, claim_year, award_fen, document_no, issued_on
from found
left join letter on letter.claim_id = given_id
order by found.claim_id, claim_year, given_id nulls first, clause, award_fen
