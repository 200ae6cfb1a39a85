select * from line_fate order by file_order, line
