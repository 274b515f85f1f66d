-- Whether a text names somebody: a quick look for plain texts (in lower case), then expressions, also past JSON's escapes.
create function lrs.names_person(value text, plain text[], folded text, exact text) returns boolean
language sql immutable parallel safe
return case
    when not exists (select from unnest(plain) as part where strpos(lower(value), part) > 0) then false
    else coalesce(value ~* folded, false) or coalesce(value ~ exact, false)
end
or case
    when strpos(value, '\') = 0 or not pg_input_is_valid(value, 'jsonb') then false
    else
        coalesce(value::jsonb::text ~* folded, false)
        or coalesce(value::jsonb::text ~ exact, false)
end;

comment on function lrs.names_person(text, text[], text, text) is 'Whether a text names somebody; what is looked for is made by rights/subject.py.';
