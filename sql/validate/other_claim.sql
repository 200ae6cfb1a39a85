-- grain: one row per held claim, code and other claim or line that the code is about: what it was compared with, and the lines that its id has besides.
-- Of the claims compared with, in their order, no more than may be told and one
create or replace temp table other_claim as
with compared as (
{% for case in cases if case.peer %}
    select fact.seq, '{{ case.code }}' as code, unnest(min({'seq': other.seq, 'claim_id': other.claim_id}, {{ most + 1 }})) as other
    from (select fact.* from fact semi join (select seq from held_code where code = '{{ case.code }}') as held using (seq)) as fact
    join peer as other on other.seq < fact.seq and other.claim_id <> fact.claim_id and {{ case.peer }}
    where {{ case.condition }}
    group by fact.seq
    union
{% endfor %}
    select null::bigint as seq, null::varchar as code, null::struct(seq bigint, claim_id varchar) as other where false
),
found as (
    select compared.seq, code, other.claim_id, coalesce(fact.file, decided_net.file) as file, coalesce(fact.line, decided_net.line) as line
    from compared
    left join fact on fact.seq = other.seq
    left join decided_net on decided_net.claim_id = other.claim_id and other.seq = -1
    union
    select fact.seq, {{ doubled | sql }}, fact.claim_id, input_file.file, repeated_line.line
    from fact
    join repeated_line using (claim_id)
    join input_file on input_file.file_order = repeated_line.file_order
    where fact.doubled and repeated_line.fate = 'loaded' and not repeated_line.shown
)
select * from found
{% if recorded %}
union
-- a code kept from an earlier night is told with what it was about then
select fact.seq, earlier.code, earlier.other.claim_id, earlier.other.file, earlier.other.line
from (select claim_id, code, unnest(others) as other from {{ recorded }}) as earlier
join fact on fact.claim_id = earlier.claim_id and list_contains(string_split(fact.sticky, ';'), earlier.code)
where (fact.seq, earlier.code, earlier.other.claim_id) not in (select (seq, code, claim_id) from found)
{% endif %};
