-- grain: one row per claimant and clause that was awarded another sum in a month than in the month closed before it; amounts in fen
with compared as (
    select
        claimant, clause, any_value(claimant_name order by month desc) as claimant_name,
        coalesce(sum(award_fen) filter (month = $before and not left_out), 0)::bigint as before_fen,
        coalesce(sum(award_fen) filter (month = $month and not left_out), 0)::bigint as award_fen,
        list({'claim_id': claim_id, 'number': number, 'claim_year': claim_year, 'award_fen': award_fen, 'reason_codes': reason_codes, 'left_out': left_out} order by letter_id)
            filter (month = $before) as claims_before,
        list({'claim_id': claim_id, 'number': number, 'claim_year': claim_year, 'award_fen': award_fen, 'reason_codes': reason_codes, 'left_out': left_out} order by letter_id)
            filter (month = $month) as claims_now
    from covered
    where month in ($month, $before)
    group by claimant, clause
)
select * from compared
where before_fen <> award_fen
order by before_fen > 0, award_fen = 0, clause, claimant
