-- Keep a question.
insert into lrs.question (
    question_id, asked_by, question, mode, model, outcome, intent, sql, row_count, confidence, took_ms, tokens
)
select question_id, asked_by, question, mode, model, outcome, intent, sql, row_count, confidence, took_ms, tokens
from jsonb_to_record(%(row)s::jsonb) as asked (
    question_id uuid, asked_by text, question text, mode text, model text, outcome text, intent jsonb, sql text,
    row_count integer, confidence double precision, took_ms double precision, tokens integer
)
on conflict (question_id) do nothing
