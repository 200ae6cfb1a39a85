-- grain: one row per claim: the awards of this round take the place of those of the last
create or replace temp table award as
select
    award.seq, award.rule_number, award.refusals, award.reductions, award.computed_fen, award.computed_fen as computed_before_fen,
    coalesce(award_next.award_fen, award.award_fen) as award_fen,
    coalesce(award_next.entitled_fen, award.entitled_fen) as entitled_fen,
    coalesce(award_next.carry_fen, award.carry_fen) as carry_fen
from award
left join award_next using (seq);

-- grain: one row per claim that draws on an account after a claim whose award, or what else is counted of it, has changed
create or replace temp table unsettled as
with changed as (
    select claim_limit.account, min(claim_limit.seq) as seq
    from claim_limit
    join award_next using (seq)
    where claim_limit.shared and (
        award_next.award_fen <> award_next.award_before_fen or award_next.entitled_fen <> award_next.entitled_before_fen or award_next.computed_anew{% if carries %} or award_next.carry_fen <> award_next.carry_before_fen{% endif %}

    )
    group by claim_limit.account
)
select distinct claim_limit.seq
from claim_limit
join changed on changed.account = claim_limit.account and claim_limit.seq > changed.seq
{% if carries %}
union
-- or to which a claim carries another amount than before
select claim_limit.seq
from claim_limit
join (
    select claim_limit.carry_key, min(claim_limit.seq) as seq
    from claim_limit
    join award_next using (seq)
    where award_next.carry_fen <> award_next.carry_before_fen
    group by claim_limit.carry_key
) as carried on carried.carry_key = claim_limit.carry_key and claim_limit.seq > carried.seq
{% endif %};
