-- What offices did, for one policy: each row came with the event of the journal whose sequence it carries, and none is ever changed.
-- Amounts are fen, days are days of the office's calendar, persons are names as they were given.

-- action: waive, determine, return, refuse, or withdraw (a waiver of a decided claim, by an adjustment); answer_by: the last day to answer what was
-- returned; amount: what was set, as it was written, in which line of which file
-- grain: one row per claim and code that a reviewer ruled on; of several rulings on the same content the latest counts.
create table if not exists ruling (
    sequence integer not null,
    claim_id varchar not null,
    code varchar not null,
    content varchar not null,
    action varchar not null,
    reason varchar not null,
    person varchar not null,
    ruled_on date not null,
    answer_by date,
    amount varchar,
    file varchar,
    file_sha256 varchar,
    line integer
);

-- notice_from and notice_to are the first and the last of notice_days working days of public notice
-- grain: one row per close of a month; one closed again, because something had changed, has several, of which the latest counts
create table if not exists month (
    sequence integer not null,
    month varchar not null,
    closed_on date not null,
    person varchar not null,
    notice_from date not null,
    notice_to date not null,
    notice_days integer not null
);

-- number 0 is the claim's own decision, above zero its adjustments; state holds everything that decision and payment rest on, item by item
-- grain: one row per decision that a close froze
create table if not exists month_claim (
    sequence integer not null,
    month varchar not null,
    claim_id varchar not null,
    number integer not null,
    run integer not null,
    claimant varchar,
    claimant_name varchar,
    clause varchar,
    claim_year integer,
    outcome varchar not null,
    computed_fen bigint not null,
    award_fen bigint not null,
    breakdowns varchar[] not null,
    payee varchar,
    payee_name varchar,
    bank varchar,
    account varchar,
    reason_codes varchar not null,
    state map(varchar, varchar) not null
);

-- grain: one row per frozen decision and treasury that bears something of it; place tells apart the treasuries of one kind, '' where there is one
create table if not exists month_share (
    sequence integer not null,
    month varchar not null,
    claim_id varchar not null,
    number integer not null,
    treasury varchar not null,
    place varchar not null,
    share_fen bigint not null
);

-- grain: one row per step of an objection; action: raise, uphold, or dismiss
create table if not exists objection (
    sequence integer not null,
    month varchar not null,
    claim_id varchar not null,
    number integer not null,
    action varchar not null,
    reason varchar not null,
    person varchar not null,
    acted_on date not null
);

-- grain: one row per month that was approved
create table if not exists approval (
    sequence integer not null,
    month varchar not null,
    minutes varchar not null,
    person varchar not null,
    approved_on date not null
);

-- document_number counts within the year of issue
-- grain: one row per letter that was issued; kind: approved, reduced, rejected, supplement, withdrawn, supplementary, corrected, recovery or revoked
create table if not exists issued_letter (
    sequence integer not null,
    claim_id varchar not null,
    number integer not null,
    kind varchar not null,
    document_year integer not null,
    document_number integer not null,
    document_no varchar not null,
    issued_on date not null
);

-- grain: one row per delivery of a letter
create table if not exists delivery (
    sequence integer not null,
    document_no varchar not null,
    delivered_on date not null,
    way varchar not null,
    receipt varchar not null
);

-- grain: one row per decision and treasury that owes it: posted when it was approved; due_on is the day from which it may be paid
create table if not exists payable (
    sequence integer not null,
    claim_id varchar not null,
    number integer not null,
    instalment integer not null,
    treasury varchar not null,
    place varchar not null,
    payee varchar not null,
    due_on date not null,
    amount_fen bigint not null
);

-- credit is the account that it is posted to: awarded, where the award fell; receivable, where it takes the place of what was to be paid back
-- grain: one row per payable, act and credit that takes something off it, while it is neither paid nor on its way to the bank
create table if not exists payable_reduction (
    sequence integer not null,
    claim_id varchar not null,
    number integer not null,
    instalment integer not null,
    treasury varchar not null,
    place varchar not null,
    amount_fen bigint not null check (amount_fen > 0),
    credit varchar not null check (credit in ('awarded', 'receivable'))
);

-- grain: one row per payable of which something is left: this is what may be paid
create view if not exists payable_net as
select payable.* replace (payable.amount_fen - coalesce(reduction.amount_fen, 0) as amount_fen)
from payable
left join (
    select claim_id, number, instalment, treasury, place, cast(sum(amount_fen) as bigint) as amount_fen from payable_reduction group by all
) as reduction using (claim_id, number, instalment, treasury, place)
where payable.amount_fen > coalesce(reduction.amount_fen, 0);

-- grain: one row per treasury and year of a budget that was imported; the latest counts
create table if not exists budget (
    sequence integer not null,
    treasury varchar not null,
    place varchar not null,
    year integer not null,
    amount_fen bigint not null
);

-- grain: one row per item of a payment list; `replaces` is the payment that the bank returned and this one makes again
create table if not exists payment (
    sequence integer not null,
    payment_id varchar not null,
    replaces varchar,
    claim_id varchar not null,
    number integer not null,
    instalment integer not null,
    treasury varchar not null,
    place varchar not null,
    payee varchar not null,
    payee_name varchar not null,
    bank varchar not null,
    account varchar not null,
    amount_fen bigint not null,
    planned_on date not null
);

-- grain: one row per answer of the bank to a payment; result: paid or returned
create table if not exists payment_result (
    sequence integer not null,
    payment_id varchar not null,
    result varchar not null,
    resulted_on date not null,
    reason varchar not null
);

-- grain: one row per row of a bank's file that fits no open payment
create table if not exists payment_exception (
    sequence integer not null,
    file varchar not null,
    line integer not null,
    payment_id varchar not null,
    problem varchar not null
);

-- amounts are the difference to what the claim was awarded in all before it, outcome and codes are those after it; payee is who gets the
-- difference or pays it back; basis: facts, award (a person set it), withdrawal (the waiver of a code is withdrawn) or set-aside (a changed row is not
-- followed); settles is the content of the changed row that waits no more once it is agreed
-- grain: one row per step of an adjustment of a decided claim, the first being number 1 of the claim; action: propose, agree, or drop;
create table if not exists adjustment (
    sequence integer not null,
    claim_id varchar not null,
    number integer not null,
    action varchar not null,
    basis varchar not null,
    code varchar,
    settles varchar,
    reason varchar not null,
    person varchar not null,
    acted_on date not null,
    award_fen bigint not null,
    computed_fen bigint not null,
    outcome varchar not null,
    reason_codes varchar not null,
    payee varchar
);

-- grain: one row per adjustment and step that led to what its claim is after it, as a run's trace has them
create table if not exists adjusted_step (
    sequence integer not null,
    number integer not null,
    claim_id varchar not null,
    rule varchar,
    ordinal integer not null,
    kind varchar not null,
    name varchar not null,
    value bigint,
    value_text varchar,
    file varchar,
    line bigint,
    before_fen bigint,
    allowed bigint,
    used bigint,
    remaining bigint,
    otherwise_fen bigint,
    bound boolean
);

-- grain: one row per adjustment and treasury whose share changes
create table if not exists adjustment_share (
    sequence integer not null,
    claim_id varchar not null,
    number integer not null,
    treasury varchar not null,
    place varchar not null,
    share_fen bigint not null
);

-- voucher: the treasury's receipt, by which a sum that is reported again is known
-- grain: one row per sum of money that came back from a payee of a claim
create table if not exists recovered (
    sequence integer not null,
    claim_id varchar not null,
    treasury varchar not null,
    place varchar not null,
    payee varchar not null,
    amount_fen bigint not null,
    recovered_on date not null,
    voucher varchar not null
);

-- accounts: appropriation, granted, reserved, awarded, payable, paid, receivable; payee is who has to pay back, where receivable is moved
-- grain: one row per posting: the same amount goes to one account and comes from another, so that the ledger balances by its form.
create table if not exists posting (
    sequence integer not null,
    posted_on date not null,
    treasury varchar not null,
    place varchar not null,
    year integer not null,
    debit varchar not null,
    credit varchar not null,
    amount_fen bigint not null check (amount_fen > 0),
    claim_id varchar,
    payment_id varchar,
    payee varchar,
    says varchar not null,
    check (debit <> credit),
    check ((payee is not null) = ('receivable' in (debit, credit)))
);
