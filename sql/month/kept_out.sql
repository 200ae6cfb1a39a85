-- grain: one row per claim of which a close freezes nothing: it is in the notice of another month; an objection to it is open; or one was upheld,
-- and nothing that two people agreed on since, by the month's last day, changes what it is awarded
create or replace temp table kept_out as
with agreed as (
    select claim_id, sequence, max(acted_on) over (partition by claim_id order by number) as through_on
    from adjustment
    semi join adjustment_share using (claim_id, number)
    where action = 'agree'
),
objected as (
    select claim_id, arg_max(action, sequence) as action, max(sequence) as sequence
    from objection
    group by claim_id
)
select claim_id
from covered
where month <> {{ month | sql }} and not is_approved and not left_out
union
select claim_id
from objected
where action = 'raise' or (
    action = 'uphold' and not exists (
        from agreed
        where agreed.claim_id = objected.claim_id and agreed.sequence > objected.sequence and agreed.through_on <= date '{{ last_day }}'
    )
);
