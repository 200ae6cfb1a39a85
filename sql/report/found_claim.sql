-- grain: one row per claim of a policy that a document number means, or a name that its claimant is registered under, or a part of that
-- Brackets and spaces of a document number may be written in any way.
with named as (
    select {{ key }} as claimant, {{ payment.name }} as name
    from {{ payment.table }}
    qualify row_number() over (partition by {{ key }} order by run desc, file_order desc, line desc) = 1
),
known as (
    select claim_id, claimant, clause, claim_year, outcome from decided_net
    union all
    select claim_id, upper(trim(cell.{{ claimant }})), coalesce(cell.{{ clause }}, ''), null, 'held' from held where not changed
),
asked as (
    select translate(regexp_replace($asked, '\s', '', 'g'), '[]()（）【】', '〔〕〔〕〔〕〔〕') as document_no, lower(trim($asked)) as name
)
select known.claim_id, coalesce(named.name, ''), known.clause, known.claim_year, known.outcome
from known
left join named using (claimant)
cross join asked
where known.claim_id in (select claim_id from issued_letter where regexp_replace(issued_letter.document_no, '\s', '', 'g') = asked.document_no)
    or contains(lower(named.name), asked.name)
order by known.claim_id
