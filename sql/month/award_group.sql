-- grain: one row per group that was awarded something in a month, in the month closed before it, or in its year so far; amounts in fen, adjustments
-- included, which are no claims to count
select
    coalesce({{ group }}, '') as grouped,
    count(*) filter (month = $month and number = 0), coalesce(sum(award_fen) filter (month = $month), 0)::bigint,
    count(*) filter (month = $before and number = 0), coalesce(sum(award_fen) filter (month = $before), 0)::bigint,
    count(*) filter (month between $first and $month and number = 0), coalesce(sum(award_fen) filter (month between $first and $month), 0)::bigint
from covered
where not left_out and award_fen <> 0 and (month between $first and $month or month = $before)
group by grouped
order by grouped
