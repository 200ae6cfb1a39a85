-- grain: one row per letter that an act issues, as `issued_letter` has it
-- numbers go on within the year of issue, whatever the letters are, in the order of their names; policies with one pattern share them
{% macro document_no(number) -%}
replace(replace({{ pattern | sql }}, '{year}', '{{ issued_on.year }}'), '{number}', cast({{ number }} as varchar))
{%- endmacro %}
with issued as (
{% for policy in policies %}
    select document_number, document_no from "{{ policy }}".issued_letter where document_year = {{ issued_on.year }}
    {{ "union all" if not loop.last }}
{% endfor %}
),
last_number as (
    select coalesce(max(document_number), 0) as document_number from issued where document_no = {{ document_no("document_number") }}
),
numbered as (
    select
        letter.claim_id, letter.number, letter.kind, {{ issued_on.year }} as document_year,
        last_number.document_number + cast(row_number() over (order by letter.letter_id) as integer) as document_number
    from ({{ letters }}) as letter, last_number
)
select
    *, {{ document_no("document_number") }} as document_no,
    date '{{ issued_on }}' as issued_on
from numbered
order by document_number
