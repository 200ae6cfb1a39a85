-- grain: one row: the ruling by which an adjustment withdraws a waiver, as `ruling` has it
select
    {{ claim_id | sql }} as claim_id, {{ code | sql }} as code, {{ content | sql }} as content, 'withdraw' as action, {{ reason | sql }} as reason,
    {{ person | sql }} as person, date '{{ day }}' as ruled_on, null::date as answer_by
