-- The planner takes a table that was never analysed for one of many rows; report.event is joined with this one-row table,
-- so every query of it would look a thousand times as expensive as it is and be refused for its cost.
analyze lrs.pseudonym_key;
