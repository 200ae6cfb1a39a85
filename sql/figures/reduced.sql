-- grain: one row per code of the decisions that a report is about and that give less than was asked for; a decision counts with each of its codes
select code, count(*) as claims
from (select unnest(string_split(reason_codes, ';')) as code from reported where number = 0 and outcome = 'reduced')
group by code
order by code
