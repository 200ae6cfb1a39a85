-- grain: one row per planned payment and reason why a person should look at it before it goes to the bank
with owed_back as (
{% include "pay/owed_back.sql" %}
),
-- the particulars of the payee that the notice rested on, and the approval found unchanged
approved as (
    select frozen.claim_id, frozen.number, frozen.payee_name, frozen.bank, frozen.account
    from issued_letter as letter
    join approval using (sequence)
    asof join month as closed on closed.month = approval.month and closed.sequence <= approval.sequence
    join month_claim as frozen on frozen.sequence = closed.sequence and frozen.claim_id = letter.claim_id and frozen.number = letter.number
)
select new_payment.payment_id, '重付到' || new_payment.replaces || '被退回的同一账户，请核对账户' as note
from new_payment
join payment on payment.payment_id = new_payment.replaces
where payment.payee_name = new_payment.payee_name and payment.bank = new_payment.bank and payment.account = new_payment.account
union all
select
    payment_id, '收款账户与批准时不同：批准时为'
    || concat_ws(
        '，', coalesce(approved.payee_name, '户名未登记'), coalesce(approved.bank, '开户银行未登记'), coalesce('尾号' || right(approved.account, 4), '账号未登记')
    )
    || '；现为' || concat_ws('，', new_payment.payee_name, new_payment.bank, '尾号' || right(new_payment.account, 4)) || '，请核对'
from new_payment
join approved using (claim_id, number)
where (approved.payee_name, approved.bank, approved.account) is distinct from (new_payment.payee_name, new_payment.bank, new_payment.account)
union all
select payment_id, '同一申报的另一收款单位尚应向该财政退还' || yuan_text(owed_fen) || '元，请核对'
from new_payment
join owed_back using (claim_id, treasury, place)
order by all
