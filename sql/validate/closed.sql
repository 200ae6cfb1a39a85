-- grain: one row per claim of the batch that people close, so that nothing of it is computed: refused on review, or a waiver of it withdrawn, or
-- returned for a supplement that did not come in time while what it was returned for still holds
create or replace temp table closed as
select seq, case when bool_or(action in ('refuse', 'withdraw')) then {{ refused | sql }} else {{ withdrawn | sql }} end as reason_code
from standing_ruling
where action in ('refuse', 'withdraw') or (
    action = 'return'
    and answer_by < (select as_of from fact where fact.seq = standing_ruling.seq)
    and (seq, code) in (select (seq, code) from held_code)
)
group by seq;

-- what is closed is held no more
delete from held_code where seq in (select seq from closed);
