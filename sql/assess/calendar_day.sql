-- grain: one row per day that the calendar of days off covers: until which day something due on it is in time, and whether that
-- is certain (at the end of a span without a gap the next working day is not known)
create or replace temp table calendar_day as
with span (first_day, last_day) as (
    values
{% for first_day, last_day in spans %}
    (date '{{ first_day }}', date '{{ last_day }}'){{ "," if not loop.last }}
{% endfor %}
),
day as (
    select cast(unnest(generate_series(first_day, last_day, interval 1 day)) as date) as day, first_day, last_day from span
),
marked as (
    select day, first_day, last_day, day in (select unnest($days_off)) as is_off from day
),
next_working as (
    select
        day, last_day,
        min(case when not is_off then day end)
            over (partition by first_day order by day rows between current row and unbounded following) as working_day
    from marked
)
select
    day,
    coalesce(working_day, last_day + 1) as in_time_through,
    working_day is not null as is_certain
from next_working;
