-- The platform's roles, whether each may more than its work needs, and who has been given names and addresses.
select
    role.rolname::text as name,
    role.rolsuper or role.rolcreatedb or role.rolcreaterole or role.rolreplication or role.rolbypassrls as powerful,
    coalesce(
        (
            select array_agg(member.rolname::text order by member.rolname)
            from pg_auth_members as given
            inner join pg_roles as member on given.member = member.oid
            where given.roleid = role.oid and not member.rolsuper
        ),
        '{}'
    ) as members
from pg_roles as role
where role.rolname in ('lrs_writer', 'lrs_reader', 'lrs_dagster', 'lrs_reader_pii')
