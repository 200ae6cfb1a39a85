-- grain: one row per file that this run took in
select {{ run }} as run, file, file_sha256 from input_file order by file_order
