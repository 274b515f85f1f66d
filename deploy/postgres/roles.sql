-- The roles of the platform, none of them a superuser; run by the superuser, as often as wanted.
-- Passwords come as the settings lrs.writer_password, lrs.reader_password and lrs.dagster_password of this session, so
-- that no statement with a password in it can reach a log.
DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT *
        FROM (
            VALUES
                ('lrs_writer', current_setting('lrs.writer_password')),
                ('lrs_reader', current_setting('lrs.reader_password')),
                ('lrs_dagster', current_setting('lrs.dagster_password'))
        ) AS roles (name, password)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name) THEN
            EXECUTE format('CREATE ROLE %I', wanted.name);
        END IF;
        EXECUTE format(
            'ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L',
            wanted.name, wanted.password
        );
    END LOOP;
END
$$;

-- Names, addresses and texts of learners (schema report_pii): nobody has it until a superuser gives it to a login, with
-- GRANT lrs_reader_pii TO somebody.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lrs_reader_pii') THEN
        CREATE ROLE lrs_reader_pii;
    END IF;
END
$$;
ALTER ROLE lrs_reader_pii NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- What the reader's statements may cost, where they do not ask for less. DBHub sets its own, shorter limits.
ALTER ROLE lrs_reader SET statement_timeout = '60s';
ALTER ROLE lrs_reader SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE lrs_reader SET default_transaction_read_only = on;
ALTER ROLE lrs_reader SET temp_file_limit = '1GB';
ALTER ROLE lrs_reader CONNECTION LIMIT 30;
