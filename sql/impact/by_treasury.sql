-- grain: one row per treasury, in the order of the policy: claims of which it bears another sum, and its awards before and after in fen
{% for treasury in treasuries %}
select
    {{ treasury | sql }} as treasury, count(*) filter (coalesce({{ treasury }}_before_fen, 0) <> coalesce({{ treasury }}_after_fen, 0)),
    coalesce(cast(sum({{ treasury }}_before_fen) as bigint), 0), coalesce(cast(sum({{ treasury }}_after_fen) as bigint), 0)
from compared
{{ "union all" if not loop.last }}
{% endfor %}
