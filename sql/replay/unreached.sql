-- grain: as the tables of a store have it: what a change cannot reach is as it was in the history {{ before }}
insert into run from {{ before }}.run;
insert into held from {{ before }}.held;

create or replace temp view unreached as
select * from {{ before }}.decided where clause not in ({% for clause in clauses %}{{ clause | sql }}{{ ", " if not loop.last }}{% endfor %});

insert into decided by name from unreached;
insert into bound_limit from {{ before }}.bound_limit semi join unreached using (claim_id);
drop view unreached;
