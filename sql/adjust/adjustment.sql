-- grain: one row: a step of an adjustment
select
    {{ claim_id | sql }} as claim_id, {{ number }} as number, {{ action | sql }} as action, {{ basis | sql }} as basis, {{ code | sql }} as code,
    {{ settles | sql }} as settles, {{ reason | sql }} as reason, {{ person | sql }} as person, date '{{ day }}' as acted_on, {{ award_fen }}::bigint as award_fen,
    {{ computed_fen }}::bigint as computed_fen, {{ outcome | sql }} as outcome, {{ reason_codes | sql }} as reason_codes, {{ payee | sql }} as payee
