-- grain: one row per file that was taken in up to a run: the day of the run that did
create or replace temp view received_content as
select received_file.file_sha256, min(run.as_of) as received_on
from received_file
join run using (run)
where run.run <= {{ run }}
group by received_file.file_sha256
