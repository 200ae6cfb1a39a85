-- grain: one row per treasury, in the order of the policy: what it bears more and what it bears less, in fen, of the claims that move money between
-- treasuries
{% for treasury in treasuries %}
select
    {{ treasury | sql }} as treasury,
    coalesce(cast(sum(greatest({{ treasury }}_after_fen - {{ treasury }}_before_fen, 0)) as bigint), 0),
    coalesce(cast(sum(greatest({{ treasury }}_before_fen - {{ treasury }}_after_fen, 0)) as bigint), 0)
from compared where shifted
{{ "union all" if not loop.last }}
{% endfor %}
