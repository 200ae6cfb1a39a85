-- grain: one row per claim of the batch and code that a reviewer ruled on: the latest ruling on the claim's present content. One that lets pass
-- what this policy does not let pass is none, and what was decided before stands whatever is ruled on its difference
create or replace temp table standing_ruling as
with latest as (
    select
        fact.seq, fact.claim_id, ruling.content, ruling.code, ruling.action, ruling.reason, ruling.person, ruling.ruled_on, ruling.answer_by,
        ruling.sequence
    from {{ source }} as ruling
    join fact on fact.claim_id = ruling.claim_id and fact.content = ruling.content and not fact.changed
    qualify row_number() over (partition by ruling.claim_id, ruling.code order by ruling.sequence desc) = 1
)
select * from latest
where action <> 'waive' or code in ({{ waivable }});
