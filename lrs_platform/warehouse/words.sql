-- What views and columns are that no file of schema/ explains, and whose words are not those of what they are made of.
comment on view report.freshness is 'When each mart was last refreshed.';
comment on view report.word_list is 'Terms whose use in written responses is flagged, by cohort.';

comment on column core.planned_catalogue.iri is 'Address of the lesson or card, as core.key makes it.';
comment on column core.planned_catalogue.kind is 'lesson or card.';
comment on column core.planned_catalogue.name is 'Its name in the latest course file that gives one.';
comment on column core.planned_delivery.iri is 'Address of the lesson, as core.key makes it.';
comment on column core.roster.imported_on is 'Day (UTC) of the file that counts for this person.';
comment on column core.roster.left_on is 'Day (UTC) of the first complete file since then, in which the person is not; null while it counts.';
comment on column core.roster_spell.from_day is 'First day in the cohort; -infinity: from the person''s first file.';
comment on column core.roster_spell.to_day is 'First day no longer in it; infinity while it lasts.';
comment on column core.standing_roster_row.imported_on is 'Day (UTC) of the file.';

comment on column outreach.contact.will is 'What its owner said last: consented, opted_out or complained; null: nothing.';
comment on column outreach.contact.will_source is 'By which way that came.';
comment on column outreach.contact.will_at is 'When that was.';
comment on column outreach.contact.bounced is 'Whether mail to it came back: once for good, or three times in 30 days for the time being.';
comment on column outreach.outcome.counted_from is 'From when the day counts: the mail''s going out, or the decision where there was none.';
comment on column outreach.outcome.reminded is 'Whether a mail went out.';
comment on column outreach.outcome.finished_in_a_day is 'Whether the lesson was completed within 24 hours from then.';

comment on column report.flagged_responses.reviewed is 'What a person decided about it: open, confirmed, dismissed, escalated.';
comment on column report_pii.flagged_responses.reviewed is 'What a person decided about it: open, confirmed, dismissed, escalated.';
comment on column report_pii.roster.left_on is 'Day (UTC) of the first complete file without the person; null while the person is there.';
