-- grain: one row per rule and step that its claims may be told by (rule null: claims that people closed): where it stands, its kind, and the places of its
-- number, its text and its line among those of a claim, counted from 1, null where it has none; an optional step without number and text is none
-- kind: cell (of a closed claim, as it was received), fact, value, band, computed, carried, share, instalment, obligation (with the day as its text)
select * from (values
{% for trace in traces %}
{% for step, number, text in trace.places() %}
    ({{ trace.rule.id | sql if trace.rule else "null::varchar" }}, {{ step.ordinal }}, {{ step.kind | sql }}, {{ step.name | sql }}, {{ number or "null::integer" }}, {{ text or "null::integer" }}, {{ step.line or "null::integer" }}, {{ step.optional }}),
{% endfor %}
{% endfor %}
    ('', 0, '', '', null, null, null, true)
) as step_name (rule, ordinal, kind, name, number_place, text_place, line_place, optional)
where ordinal > 0
