-- grain: one row per pool and key: what was awarded from it by earlier runs and by the claims of this one that are settled, in fen
create or replace temp table pool_given as
with given as (
    select pool, key, history as award_fen from pool_history
{% for pool in pools %}
    union all
    select '{{ pool.id }}', {{ pool.key_sql }}, award.award_fen
    from award
    join fact using (seq)
    where clause in ({% for member in pool.members %}'{{ member }}'{{ ", " if not loop.last }}{% endfor %})
{% endfor %}
)
select pool as pool_id, key as pool_key, bounded(sum(award_fen)) as given_fen
from given
group by pool, key;
