-- grain: one row per payable that was ever listed: the latest payment that was listed for it, and how far that is
select *
from (
{% include "pay/payment_state.sql" %}
)
qualify row_number() over (partition by claim_id, number, instalment, treasury, place order by sequence desc, payment_id desc) = 1
