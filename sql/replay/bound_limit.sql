-- grain: one row per decided claim that a limit bound
insert into bound_limit
select decision.claim_id, list(limit_title.title order by limit_step.ordinal)
from limit_step
join decision using (seq)
join (values {% for name, title in limit_titles %}({{ name | sql }}, {{ title | sql }}), {% endfor %}('', '')) as limit_title (name, title) using (name)
where limit_step.bound and (limit_step.kind = 'once' or (limit_step.kind in ('ceiling', 'highest') and not limit_step.refused))
group by decision.claim_id;
