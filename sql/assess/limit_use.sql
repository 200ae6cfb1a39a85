-- grain: one row per unsettled claim and limit: what its account had given before this claim, by earlier runs and by the claims before it
create or replace temp table limit_use as
with concerned as (
    select * from claim_limit semi join unsettled using (seq)
),
-- only accounts that several claims draw on need the claims before; a claim draws on an account once
draw as (
    select distinct claim_limit.seq, claim_limit.account
    from claim_limit
    where shared and account in (select account from concerned where shared)
),
given_in_batch as (
    select
        draw.seq, draw.account,
        cast(sum(award.award_fen) over (
            partition by draw.account order by draw.seq rows between unbounded preceding and 1 preceding
        ) as bigint) as given_fen
    from draw
    join award using (seq)
)
select concerned.*, concerned.history_fen + coalesce(given_in_batch.given_fen, 0) as used_fen
from concerned
left join given_in_batch using (seq, account);
