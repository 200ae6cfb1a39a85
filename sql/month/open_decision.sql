-- grain: one row per decision that the close of a month freezes: made by its last day, without a letter yet, in no other month's notice, and
-- not kept out by an objection
create or replace temp table chosen as
select decided.claim_id, decided.run, strftime(run.as_of, '%Y-%m') as month
from decided
join run using (run)
where run.as_of <= date '{{ last_day }}'
    and not exists (
        from issued_letter as letter where letter.claim_id = decided.claim_id and letter.number = 0 and letter.kind <> 'supplement'
    )
    and not exists (
        from covered
        where covered.claim_id = decided.claim_id and covered.number = 0 and covered.month <> {{ month | sql }}
            and not covered.is_approved and not covered.left_out
    )
    and coalesce((
        select arg_max(objection.action, objection.sequence)
        from objection where objection.claim_id = decided.claim_id and objection.number = 0
    ), 'dismiss') = 'dismiss';
