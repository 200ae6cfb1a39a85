-- grain: one row per treasury and place whose share the adjustment changes; amounts in fen
select * from (
    values
{% for share in shares %}
    ({{ claim_id | sql }}, {{ number }}, {{ share.treasury | sql }}, {{ share.place | sql }}, {{ share.difference_fen }}::bigint){{ "," if not loop.last }}
{% else %}
    (null, null, null, null, null)
{% endfor %}
) as changed (claim_id, number, treasury, place, share_fen)
where share_fen <> 0
