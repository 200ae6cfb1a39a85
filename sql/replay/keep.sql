-- grain: as the tables of a store have it: what the run decided and holds becomes the history of the next one
insert into run values ({{ run }}, {{ label | sql }}, date '{{ as_of }}', '');

delete from held where claim_id in (select claim_id from fact);
insert into held by name {{ held }};
insert into decided by name {{ decided }};

insert into bound_limit
select decision.claim_id, list(limit_title.title order by limit_step.ordinal)
from limit_step
join decision using (seq)
join (values {% for name, title in limit_titles %}({{ name | sql }}, {{ title | sql }}), {% endfor %}('', '')) as limit_title (name, title) using (name)
where limit_step.bound and (limit_step.kind = 'once' or (limit_step.kind = 'ceiling' and not limit_step.refused))
group by decision.claim_id;
