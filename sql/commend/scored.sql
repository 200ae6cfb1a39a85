-- grain: one row per line of the files of scores; score in hundredths, NULL where a cell cannot be read
create or replace temp table scored as
select
    file_order, file, file_sha256, line, {{ ranked }} as party, {{ year }} as scored_year, {{ score }} as score, {{ parent }} as parent
from (
    {{ typed }}
);
