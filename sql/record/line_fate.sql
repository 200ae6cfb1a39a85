-- grain: one row per line of every file taken in
select * from line_fate
order by file_order, line
