-- grain: one row per ranked party, from the highest score on; equal scores share a rank, and the ranks behind it stay empty
with ranked as (
    select
        party, party_name, parent, score, file_sha256, line,
        rank() over (order by score desc) as rank,
        count(*) over (order by score desc) as last_place -- the last place that the rank takes, its peers included
    from scored
    join registered using (party)
)
select
    rank, last_place > rank as shared, party, party_name, parent, score,
{% for name, places in lists %}
    case
        when score < {{ places.from_score }} then 'below'
        when last_place <= {{ places.at_most }} then 'listed'
        when rank > {{ places.at_most }} then 'beyond'
        else {{ ("tied_" ~ places.ties) | sql }}
    end as {{ name }},
{% endfor %}
    file_sha256, line
from ranked
order by rank, party
