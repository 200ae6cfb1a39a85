-- grain: one row for the payment of a number, if there is one: its state, the day of it, its amount
with state as (
{% include "pay/payment_state.sql" %}
)
select state, coalesce(resulted_on, planned_on), amount_fen
from state
where payment_id = {{ payment_id | sql }}
