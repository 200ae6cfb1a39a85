-- grain: one row per treasury, in the order of the policy: claims of which it bears another sum, and its awards before and after in fen, of the
-- claims that both histories decide
{% for treasury in treasuries %}
select
    {{ treasury | sql }} as treasury, count(*) filter ({{ treasury }}_before_fen <> {{ treasury }}_after_fen),
    coalesce(cast(sum({{ treasury }}_before_fen) as bigint), 0), coalesce(cast(sum({{ treasury }}_after_fen) as bigint), 0)
from compared where in_both
{{ "union all" if not loop.last }}
{% endfor %}
