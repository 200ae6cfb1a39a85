-- grain: one row per row of a table that one store has and another has not, as often as it has it more; the first in the order of all columns
select * from {{ catalog }}."{{ schema }}"."{{ table }}"
except all
select * from {{ other }}."{{ schema }}"."{{ table }}"
order by all
limit {{ limit }}
