-- grain: one row per decision or adjustment that an approval issues a letter for
-- numbers go on within the year of issue, in the order of letters
with last_number as (
    select coalesce(max(document_number), 0) as document_number from issued_letter where document_year = {{ issued_on.year }}
),
numbered as (
    select
        covered.claim_id, covered.number,
        case
            when covered.number > 0 then case when covered.award_fen < 0 then 'recovery' else 'supplementary' end
            when list_contains(string_split(covered.reason_codes, ';'), {{ withdrawn | sql }}) then 'withdrawn'
            else covered.outcome
        end as kind,
        {{ issued_on.year }} as document_year,
        last_number.document_number + cast(row_number() over (order by covered.letter_id) as integer) as document_number
    from covered, last_number
    where covered.month = {{ month | sql }} and not covered.left_out
)
select
    *, replace(replace({{ pattern | sql }}, '{year}', cast(document_year as varchar)), '{number}', cast(document_number as varchar)) as document_no,
    date '{{ issued_on }}' as issued_on
from numbered
order by document_number
