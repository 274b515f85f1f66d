-- Keep what a wording means. Another figure has to be picked as often as the one that stands before it takes its place.
insert into lrs.question_wording as known (wording, figure, taught_by)
values (%(wording)s, %(figure)s, %(by)s)
on conflict (wording) do update
    set
        figure = case when known.figure = excluded.figure or known.picks <= 1 then excluded.figure else known.figure end,
        picks = case when known.figure = excluded.figure then known.picks + 1 else greatest(1, known.picks - 1) end,
        taught_by = excluded.taught_by,
        taught_at = now()
returning figure, picks
