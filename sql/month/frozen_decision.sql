-- grain: one row per decision of a closed month that no objection keeps out
create or replace temp table chosen as
select claim_id, run, month from covered where month = {{ month | sql }} and not left_out and number = 0;

-- grain: one row per adjustment of a closed month that no objection keeps out
create or replace temp table chosen_adjustment as
select claim_id, number from covered where month = {{ month | sql }} and not left_out and number > 0;
