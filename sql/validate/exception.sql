-- grain: one row per held claim and code, with the cells concerned and what to do; claims from {{ first }} to {{ last }} in their order are told at once
{{ "create or replace temp table exception as" if first == 0 else "insert into exception by name" }}
with told_now as (
    select * from held_code where seq between {{ first }} and {{ last }}
),
flagged as (
    select
        fact.seq, fact.raw, fact.wan, fact.file, fact.line
{% for join in joins %}
        , {{ join.name }}.raw as {{ join.name }}__raw, {{ join.name }}.wan as {{ join.name }}__wan, fact.{{ join.name }}__file, fact.{{ join.name }}__line
{% endfor %}
    from fact
    semi join told_now using (seq)
{% for join in joins %}
    left join current_{{ join.table }} as {{ join.name }}
        on {% for theirs, ours in join.on %}{{ join.name }}.{{ theirs }} = fact.{{ ours }}{{ " and " if not loop.last }}{% endfor %}

{% endfor %}
),
situation as (
    select seq, code, case_number from case_hit semi join told_now using (seq, code)
    union
    -- a code kept from an earlier night is told with its first situation
    select seq, code, min_case.case_number
    from told_now anti join case_hit using (seq, code)
    join (values {% for code, number in first_cases %}('{{ code }}', {{ number }}){{ ", " if not loop.last }}{% endfor %}) as min_case (code, case_number) using (code)
),
hit as (
    select * from situation join flagged using (seq)
),
cell_of_case (case_number, nth, field, header, header_wan, joined, source) as (
    values
{% for case in cases %}
{% set last_case = loop.last %}
{% for cell in case.cells %}
    ({{ case.number }}, {{ loop.index }}, {{ cell.name | sql }}, {{ cell.header | sql }}, {{ in_ten_thousands(cell.header) | sql }}, {{ (cell.join or "") | sql }}, {{ (cell.field or "") | sql }}){{ "," if not (loop.last and last_case) }}
{% endfor %}
{% endfor %}
),
cell as (
    select
        seq, code, case_number * 100 + nth as place, field, header as plain_header, header_wan, source = '' as is_value,
        case
{% for cell in cells %}
            when joined = '{{ cell.join or "" }}' and source = {{ cell.field | sql }} then {{ cell.join ~ "__" if cell.join }}raw.{{ cell.field }}
{% endfor %}
        end as raw_value,
        list_contains(case joined {% for join in joins %}when '{{ join.name }}' then {{ join.name }}__wan {% endfor %}else wan end, source) as is_wan,
        case joined {% for join in joins %}when '{{ join.name }}' then {{ join.name }}__file {% endfor %}else file end as file,
        case joined {% for join in joins %}when '{{ join.name }}' then {{ join.name }}__line {% endfor %}else line end as line,
        joined, source
    from hit join cell_of_case using (case_number)
),
choice (joined, source, raw_value, word) as (
    values
{% for cell, code, word in choices %}
    ({{ (cell.join or "") | sql }}, {{ cell.field | sql }}, {{ code | sql }}, {{ word | sql }}),
{% endfor %}
    (null, null, null, null)
),
-- as people read it: a choice by its word, an amount under a header with the unit that its column had
named_once as (
    select
        cell.*,
        case when is_wan then header_wan else plain_header end as header,
        coalesce(word, cell.raw_value) as shown_zh,
        cell.raw_value || case when is_wan then ' (10,000 yuan)' else '' end as shown_en
    from cell
    left join choice using (joined, source, raw_value)
    qualify row_number() over (partition by seq, code, field, plain_header order by place) = 1
),
-- one sorted list for each, since to sort each text by itself takes several times as long
listed as (
    select
        seq, code,
        list_sort(list({
            'place': place, 'field': field, 'header': header, 'raw_value': raw_value, 'shown_zh': shown_zh, 'shown_en': shown_en, 'is_value': is_value,
            'file': file, 'line': line
        })) as cells
    from named_once
    group by seq, code
),
told as (
    select
        seq, code,
        array_to_string(list_transform(cells, lambda one: one.field), ' | ') as field,
        array_to_string(list_transform(cells, lambda one: coalesce(one.raw_value, '')), ' | ') as raw_value,
        array_to_string(list_transform(cells, lambda one: one.header), ' | ') as headers,
        array_to_string(list_transform(cells, lambda one: coalesce(one.shown_zh, '')), ' | ') as shown,
        array_to_string(list_transform(cells, lambda one:
            one.header || case when one.is_value then '（无法确定）' else '「' || coalesce(one.shown_zh, '空') || '」' end), '、') as cells_zh,
        array_to_string(list_transform(cells, lambda one:
            one.field || case when one.is_value then ' (cannot be told)' else ' "' || coalesce(one.shown_en, '') || '"' end), ', ') as cells_en,
        cells[1].file as file, cells[1].line as line
    from listed
),
about as (
    select seq, code, list({'claim_id': claim_id, 'file': file, 'line': line} order by claim_id, file, line) as others
    from other_claim
    where seq between {{ first }} and {{ last }}
    group by seq, code
),
code_text (code, article, message_zh, message_en) as (
    values
{% for code in codes %}
    ({{ code.id | sql }}, {{ code.article | sql }}, {{ code.message_zh | sql }}, {{ code.message_en | sql }}){{ "," if not loop.last }}
{% endfor %}
),
clause_text (clause, article) as (
    values
{% for clause in clauses %}
    ({{ clause.id | sql }}, {{ clause.article | sql }}){{ "," if not loop.last }}
{% endfor %}
)
select
    fact.claim_id,
    coalesce({{ "case when %s(fact.claimant) then fact.claimant end" % claimant.checked_by if claimant.checked_by else "fact.claimant" }}, fact.raw.{{ claimant.name }}, '') as claimant,
    coalesce(fact.{{ claimant_name }}, '') as name,
    coalesce(fact.clause, fact.raw.{{ clause_field }}, '') as clause,
    told.code, told.field, told.raw_value, told.headers, told.shown,
    coalesce(told.file, fact.file) as file, coalesce(told.line, fact.line) as line,
    replace(replace(code_text.message_zh, '{article}', coalesce(code_text.article, '《{{ policy_title }}》' || coalesce(clause_text.article, ''))), '{cells}',
        told.cells_zh || coalesce('；另一' || case when about.others[1].claim_id = fact.claim_id then '行：' else '件：' end || array_to_string(list_transform(about.others[:{{ most }}], lambda other:
            case when about.others[1].claim_id = fact.claim_id then other.file || '第' || other.line || '行' else other.claim_id || '（' || other.file || '第' || other.line || '行）' end
        ), '、') || case when len(about.others) > {{ most }} then '等' else '' end, '')) as message_zh,
    replace(replace(code_text.message_en, '{article}', coalesce(code_text.article, '《{{ policy_title }}》' || coalesce(clause_text.article, ''))), '{cells}',
        told.cells_en || coalesce('; see ' || array_to_string(list_transform(about.others[:{{ most }}], lambda other:
            case when about.others[1].claim_id = fact.claim_id then other.file || ' line ' || other.line else other.claim_id || ' (' || other.file || ' line ' || other.line || ')' end
        ), ', ') || case when len(about.others) > {{ most }} then ' and more' else '' end, '')) as message_en,
    about.others
from told
join fact using (seq)
left join about using (seq, code)
join code_text using (code)
left join clause_text on clause_text.clause = fact.clause
;
