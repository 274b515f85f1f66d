-- The role that may see names, mail addresses and what learners wrote. Nobody has it: a superuser gives it to a login
-- (GRANT lrs_reader_pii TO somebody). Run in database lrs by the superuser, as often as wanted; the warehouse's schema
-- grants the same where it is made after this role.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'report_pii') THEN
        GRANT USAGE ON SCHEMA report, report_pii TO lrs_reader_pii;
        GRANT SELECT ON ALL TABLES IN SCHEMA report, report_pii TO lrs_reader_pii;
        ALTER DEFAULT PRIVILEGES FOR ROLE lrs_writer IN SCHEMA report, report_pii
        GRANT SELECT ON TABLES TO lrs_reader_pii;
    END IF;
END
$$;
