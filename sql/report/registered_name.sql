-- grain: one row per name under which a payee is registered now in a policy's store
select distinct name
from (
    select {{ payment.name }} as name
    from "{{ schema }}".{{ payment.table }}
    qualify row_number() over (partition by {{ key }} order by run desc, file_order desc, line desc) = 1
)
where name is not null
order by name
