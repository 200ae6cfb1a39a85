-- grain: one row per decision or adjustment that an approval issues a letter for
select
    claim_id, number, letter_id,
    case
        when number > 0 and award_fen < 0 then case when outcome = 'rejected' then 'revoked' else 'recovery' end
        when number > 0 then case when award_fen > 0 then 'supplementary' else 'corrected' end
        when list_contains(string_split(reason_codes, ';'), {{ withdrawn | sql }}) then 'withdrawn'
        else outcome
    end as kind
from covered
where month = {{ month | sql }} and not left_out
