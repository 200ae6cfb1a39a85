-- grain: one row per day that the calendar of days off covers: until which day something due on it is in time, and whether that
-- is certain (at the end of the data the next working day is not known)
create or replace temp table calendar_day as
with day as (
    select cast(unnest(generate_series(date '{{ first_day }}', date '{{ last_day }}', interval 1 day)) as date) as day
),
marked as (
    select day, day in (select unnest($days_off)) as is_off from day
),
next_working as (
    select
        day,
        min(case when not is_off then day end) over (order by day rows between current row and unbounded following) as working_day
    from marked
)
select
    day,
    coalesce(working_day, date '{{ last_day }}' + 1) as in_time_through,
    working_day is not null as is_certain
from next_working;
