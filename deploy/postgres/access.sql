-- Who may connect where: by default every role may connect everywhere. Run by the superuser, as often as wanted.
REVOKE ALL ON DATABASE lrs FROM PUBLIC;
REVOKE ALL ON DATABASE dagster FROM PUBLIC;
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
REVOKE ALL ON DATABASE template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE lrs TO lrs_reader, lrs_reader_pii;
