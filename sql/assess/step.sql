-- grain: one row per settled claim and step: what its trace says, step by step in the order of `ordinal`; a value of a limit is the amount after it
select
    traced.claim_id, traced.rule, step_name.ordinal, step_name.kind, step_name.name, numbers[number_place] as value, texts[text_place] as value_text,
    files[line_place] as file, lines[line_place] as line,
    null::bigint as before_fen, null::bigint as allowed, null::bigint as used, null::bigint as remaining, null::bigint as otherwise_fen, null::boolean as bound
from {{ traced }} as traced
join {{ step_name }} as step_name on step_name.rule is not distinct from traced.rule
where not optional or numbers[number_place] is not null or texts[text_place] is not null
union all
select claim_id, rule, 300 + ordinal, kind, name, after_fen, null, null, null, before_fen, allowed, used, remaining, otherwise_fen, bound
from {{ limit_traced }}
