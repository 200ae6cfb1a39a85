-- grain: one row per line of every file taken in
select * from line_fate
