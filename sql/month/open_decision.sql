-- grain: one row per decision that the close of a month freezes: made by its last day, without a letter yet, and not kept out
create or replace temp table chosen as
select decided.claim_id, decided.run, strftime(run.as_of, '%Y-%m') as month
from decided
join run using (run)
where run.as_of <= date '{{ last_day }}'
    and decided.claim_id not in (select claim_id from kept_out)
    and not exists (
        from issued_letter as letter where letter.claim_id = decided.claim_id and letter.number = 0 and letter.kind <> 'supplement'
    );
