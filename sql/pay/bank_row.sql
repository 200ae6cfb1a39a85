-- grain: one row per row of a bank's file: fate is `taken` (it settles an open payment), `known` (said before), or `problem`, which says why
create or replace temp table bank_row as
with state as (
{% include "pay/payment_state.sql" %}
),
typed as (
    {{ file.typed }}
),
word as (
    {% for result, spellings in words.items() %}{% set last = loop.last %}{% for word in spellings %}select {{ word | sql }} as word, {{ result | sql }} as result {{ "union all " if not (last and loop.last) }}{% endfor %}{% endfor %}

),
line as (
    select
        typed.line, typed.payment_id, typed.amount_fen, word.result, typed.resulted_on, coalesce(typed.reason, '') as reason, typed.raw,
        coalesce(typed.resulted_on, date {{ day | sql }}) as counted_on
    from typed
    left join word on word.word = lower(typed.result)
),
-- what stands as returned is told again by whatever says so; what stands as paid, by the same day or none: the bank might have paid twice
said_before as (
    select distinct line.line
    from line
    join state using (payment_id)
    join payment_result using (payment_id)
    where payment_result.result = line.result
        and (
            (state.state = line.result and (line.result = 'returned' or line.raw.resulted_on is null))
            or payment_result.resulted_on is not distinct from line.resulted_on
        )
),
judged as (
    select
        line.*, said_before.line is not null as is_known,
        case
            when state.payment_id is null then '没有这个付款编号'
            when line.amount_fen is null then '金额读不出：' || coalesce(line.raw.amount_yuan, '（空）')
            when line.amount_fen <> state.amount_fen
                then '金额不符：清单为' || yuan_text(state.amount_fen) || '元，回单为' || yuan_text(line.amount_fen) || '元'
            when line.result is null
                then '状态读不出：' || coalesce(line.raw.result, '（空）') || '（应为{% for spellings in words.values() %}{{ spellings[0] }}{{ "或" if not loop.last }}{% endfor %}）'
            when line.resulted_on is null and line.raw.resulted_on is not null then '日期读不出：' || line.raw.resulted_on
            when line.counted_on < state.planned_on then '日期早于列入清单的' || state.planned_on
            when line.counted_on > date {{ day | sql }} then '日期晚于登记日{{ day }}'
            when said_before.line is not null or state.state = 'open' then null
            when state.state = line.result then '此前已登记为' || state.resulted_on || '支付，请核实是否重复支付'
            when state.state = 'paid' then '此前已登记为支付；确已退汇的，用 claims pay returned 登记'
            else '此前已登记为退回；款项如确已付出，应当追回或者停止重付'
        end as problem
    from line
    left join state using (payment_id)
    left join said_before using (line)
),
told_apart as (
    select
        *,
        count(distinct (result, counted_on)) over same > 1 as is_contradicted,
        row_number() over (same order by line) > 1 as is_repeated
    from judged
    window same as (partition by payment_id, problem is null and not is_known)
),
rejected as (
    select line, cell.payment_id as payment_id, reason
    from {{ file.lines }}
    where fate = 'rejected'
)
select
    line, payment_id, result, counted_on as resulted_on, reason,
    case
        when problem is not null or (not is_known and is_contradicted) then 'problem'
        when is_known or is_repeated then 'known'
        else 'taken'
    end as fate,
    coalesce(problem, case when not is_known and is_contradicted then '同一付款编号在文件中有不同的结果' end) as problem
from told_apart
union all
select line, coalesce(payment_id, ''), null, null, '', 'problem', reason from rejected;
