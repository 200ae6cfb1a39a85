-- grain: one row per claim and code that holds it, as before: what is held by nothing but codes that may be waived is held no more
delete from held_code
where seq not in (select seq from held_code where code not in ({{ waivable }}));
