-- What a role that may only select can still do through functions that everyone may call: lift its own time limit,
-- write large objects and WAL, hide SQL in a text, end other sessions, hold locks that the warehouse waits for.
-- Run in database lrs by the superuser, as often as wanted: nobody else can take away a function of pg_catalog.
DO $$
DECLARE
    taken_away CONSTANT text[] := ARRAY[
        -- lifts statement_timeout, turns off default_transaction_read_only
        'set_config',
        -- holds a connection without costing anything
        'pg_sleep', 'pg_sleep_for', 'pg_sleep_until',
        -- large objects are writable by whoever creates them
        'lo_close', 'lo_creat', 'lo_create', 'lo_export', 'lo_from_bytea', 'lo_get', 'lo_import', 'lo_lseek',
        'lo_lseek64', 'lo_open', 'lo_put', 'lo_tell', 'lo_tell64', 'lo_truncate', 'lo_truncate64', 'lo_unlink',
        'loread', 'lowrite',
        -- run SQL that no parser sees
        'query_to_xml', 'query_to_xmlschema', 'query_to_xml_and_xmlschema', 'cursor_to_xml', 'cursor_to_xmlschema',
        'table_to_xml', 'table_to_xmlschema', 'table_to_xml_and_xmlschema', 'schema_to_xml', 'schema_to_xmlschema',
        'schema_to_xml_and_xmlschema', 'database_to_xml', 'database_to_xmlschema', 'database_to_xml_and_xmlschema',
        'ts_stat', 'ts_rewrite',
        -- other sessions of the same role
        'pg_cancel_backend', 'pg_terminate_backend', 'pg_notify',
        -- locks: the warehouse takes one while it changes the schema
        'pg_advisory_lock', 'pg_advisory_lock_shared', 'pg_advisory_xact_lock', 'pg_advisory_xact_lock_shared',
        'pg_try_advisory_lock', 'pg_try_advisory_lock_shared', 'pg_try_advisory_xact_lock',
        'pg_try_advisory_xact_lock_shared',
        -- write, or hold back what vacuum may remove
        'pg_logical_emit_message', 'pg_current_xact_id', 'txid_current', 'pg_export_snapshot',
        -- files and programs: the superuser's by default, and to stay so
        'pg_read_file', 'pg_read_binary_file', 'pg_ls_dir', 'pg_stat_file'
    ];
    function_name regprocedure;
BEGIN
    FOR function_name IN
        SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY (taken_away)
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', function_name);
    END LOOP;
END
$$;

-- The warehouse takes locks for schema changes, writers of one document and refreshes of the marts; a refresh builds
-- them in a schema that it names by its search path.
GRANT EXECUTE ON FUNCTION
    pg_advisory_xact_lock(BIGINT),
    pg_advisory_xact_lock(INTEGER, INTEGER),
    pg_try_advisory_xact_lock(BIGINT),
    set_config(TEXT, TEXT, BOOLEAN)
TO lrs_writer;

-- What a reader runs is cancelled when nobody waits for it, and ended when it outlives its limits, which a session may
-- lift by itself: the warehouse does both, and only a member of a role may signal its sessions.
GRANT EXECUTE ON FUNCTION pg_cancel_backend(INTEGER), pg_terminate_backend(INTEGER, BIGINT) TO lrs_writer;
GRANT lrs_reader TO lrs_writer;

-- DO runs a program that no parser of queries sees, in a loop if it likes.
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
GRANT USAGE ON LANGUAGE plpgsql TO lrs_writer;

-- Nothing may be made in schema public (the default since Postgres 15; older dumps bring the grant back).
REVOKE ALL ON SCHEMA public FROM PUBLIC;
