-- true when the code has 18 characters of the standard's alphabet and its check character fits (GB 32100-2015)
create or replace temp macro valid_uscc(code) as (
    regexp_full_match(code, '[0-9A-HJ-NP-RTUWXY]{18}')
    and (
{% set weight = namespace(value=1) %}
{% for place in range(1, 18) %}
        (strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(code, {{ place }}, 1)) - 1) * {{ weight.value }} +
{% set weight.value = weight.value * 3 % 31 %}
{% endfor %}
        (strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(code, 18, 1)) - 1)
    ) % 31 = 0
);

-- true when the code is a resident's identity number: a day of birth and a check character that fits (GB 11643-1999)
create or replace temp macro valid_resident_id(code) as (
    regexp_full_match(code, '[1-9][0-9]{16}[0-9X]')
    and try_strptime(substr(code, 7, 8), '%Y%m%d') is not null
    and substr('10X98765432', (
{% for weight in (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2) %}
        (ascii(substr(code, {{ loop.index }}, 1)) - 48) * {{ weight }}{{ " +" if not loop.last }}
{% endfor %}
    ) % 11 + 1, 1) = substr(code, 18, 1)
);

-- true for an organisation's credit code and for a resident's identity number
create or replace temp macro valid_party(code) as (valid_uscc(code) or valid_resident_id(code));

-- a cell of a CSV file: quoted only where RFC 4180 needs it
create or replace temp macro csv_cell(value) as (
    case
        when value is null then ''
        when regexp_matches(value, '[",\r\n]') then '"' || replace(value, '"', '""') || '"'
        else value
    end
);

-- a cell that a workbook would take for a formula gets a leading apostrophe
create or replace temp macro workbook_cell(value) as (
    csv_cell(case when regexp_matches(value, '^[=+\-@]') then '''' || value else value end)
);

-- a sum within the bounds of any award and limit (18 digits): whether a limit is reached is told by it all the same
create or replace temp macro bounded(total) as (
    cast(case when total > 1000000000000000000 then 1000000000000000000 when total < -1000000000000000000 then -1000000000000000000 else total end as bigint)
);

-- a bounded sum where it was within its bounds
create or replace temp macro unbounded(total) as (nullif(nullif(total, 1000000000000000000), -1000000000000000000));

-- fen as yuan with two decimals
create or replace temp macro yuan_text(fen) as (
    case when fen < 0 then '-' else '' end || cast(abs(fen) // 100 as varchar) || '.' || lpad(cast(abs(fen) % 100 as varchar), 2, '0')
);

-- the name of a letter: of a claim's own, and with a plus, which no claim id holds, of an adjustment; letters are in the order of their names
create or replace temp macro letter_id(claim_id, number) as (
    claim_id || case when number > 0 then '+' || number else '' end
);
