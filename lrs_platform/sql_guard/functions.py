"""Functions and types that a query may use, and why some others are missing.

Belongs here: the lists. Generous for looking at data: aggregates, windows, numbers, texts, times, JSON, arrays. Left
out: whatever writes, waits, locks, runs SQL hidden in a text, reads files or tells of the server. What is new in a
later Postgres is refused until it is put here.
"""

from __future__ import annotations

from difflib import get_close_matches


def words(*lists: str) -> frozenset[str]:
    """The words of texts that separate them by space."""
    return frozenset(word for each in lists for word in each.split())


_AGGREGATES = """
    any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp every grouping
    json_agg json_object_agg jsonb_agg jsonb_object_agg max min mode percentile_cont percentile_disc range_agg
    regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop
    stddev_samp string_agg sum var_pop var_samp variance cume_dist dense_rank first_value lag last_value lead
    nth_value ntile percent_rank rank row_number
"""
_NUMBERS = """
    abs acos asin atan atan2 cbrt ceil ceiling cos cot degrees div erf exp factorial floor gcd greatest lcm least
    ln log log10 min_scale mod num_nonnulls num_nulls pi pow power radians random round scale sign sin sqrt tan
    tanh trim_scale trunc width_bucket
"""
_TEXTS = """
    ascii bit_length btrim char_length character_length chr concat concat_ws encode format initcap left length
    lower lpad ltrim md5 normalize octet_length overlay position quote_literal regexp_count regexp_instr
    regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table
    regexp_substr repeat replace reverse right rpad rtrim sha256 split_part starts_with string_to_array
    string_to_table strpos substr substring to_hex translate trim unistr upper phraseto_tsquery plainto_tsquery
    to_tsquery to_tsvector ts_headline ts_rank ts_rank_cd websearch_to_tsquery
"""
_TIMES = """
    age clock_timestamp date_add date_bin date_part date_subtract date_trunc extract isfinite justify_days
    justify_hours justify_interval make_date make_interval make_time make_timestamp make_timestamptz now
    statement_timestamp timezone to_char to_date to_number to_timestamp transaction_timestamp datemultirange
    daterange isempty lower_inc lower_inf range_merge tsrange tstzrange upper_inc upper_inf
"""
_JSON_AND_ARRAYS = """
    json_array_elements json_array_elements_text json_array_length json_build_array json_build_object json_each
    json_each_text json_extract_path json_extract_path_text json_object json_object_keys json_strip_nulls
    json_to_record json_to_recordset json_typeof jsonb_array_elements jsonb_array_elements_text jsonb_array_length
    jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_exists jsonb_extract_path
    jsonb_extract_path_text jsonb_object jsonb_object_keys jsonb_path_exists jsonb_path_match jsonb_path_query
    jsonb_path_query_array jsonb_path_query_first jsonb_pretty jsonb_set jsonb_strip_nulls jsonb_to_record
    jsonb_to_recordset jsonb_typeof row_to_json to_json to_jsonb array_append array_cat array_length array_lower
    array_ndims array_position array_positions array_prepend array_remove array_replace array_to_json
    array_to_string array_upper cardinality generate_series generate_subscripts trim_array unnest
"""
_OTHERS = "coalesce gen_random_uuid nullif pg_typeof"

FUNCTIONS = words(_AGGREGATES, _NUMBERS, _TEXTS, _TIMES, _JSON_AND_ARRAYS, _OTHERS)

# Make a text of any length out of a few bytes, so their second argument has to be a plain number.
STRETCHING = frozenset({"lpad", "repeat", "rpad"})
LONGEST_STRETCH = 1000

TYPES = words("""
        bigint bool boolean bpchar bytea char character date daterange datemultirange dec decimal double float float4
        float8 int int2 int4 int8 int4range int8range integer interval json jsonb jsonpath numeric numrange real
        smallint text time timestamp timestamptz timetz tsquery tsrange tstzrange tsvector uuid varchar
    """)

# Look up names in the catalog, or are numbers of Postgres' own; nothing that learners do is one of them.
CATALOG_TYPES = words("""
        aclitem cid cstring oid oidvector pg_lsn pg_node_tree pg_snapshot refcursor regclass regcollation regconfig
        regdatabase regdictionary regnamespace regoper regoperator regproc regprocedure regrole regtype tid
        txid_snapshot xid xid8 xml
    """)
SYSTEM_COLUMNS = frozenset({"cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"})
SESSION_WORDS = frozenset(
    {"current_catalog", "current_role", "current_schema", "current_user", "session_user", "system_user", "user"}
)

_WHY = (
    (("pg_sleep",), "it would hold a connection that others wait for"),
    (("set_config", "setseed"), "it changes the session, its time limit among other things"),
    (("nextval", "setval", "currval", "lastval", "lo", "loread", "lowrite", "pg_logical"), "it writes"),
    (("txid", "pg_current_xact", "pg_export", "pg_advisory", "pg_try_advisory"), "it takes a lock or holds one back"),
    (
        ("query_to", "cursor_to", "table_to", "schema_to", "database_to", "dblink", "ts_stat", "ts_rewrite", "crosstab",
         "xpath"),
        "it can run SQL, or read what no check sees, out of a text",
    ),
    (("pg_read", "pg_ls", "pg_stat_file", "pg_file"), "it reads files of the server"),
    (("pg_cancel", "pg_terminate", "pg_notify", "pg_reload", "pg_rotate", "pg_switch"), "it acts on the server"),
    (("current_setting", "version", "inet", "pg", "has", "obj_description", "col_description", "to_reg", "txid",
      "current", "row_security"), "it tells of the server, not of learning"),
)  # fmt: skip


def why_not(name: str) -> str:
    """Why the function `name` is not on the list, as the rest of a sentence."""
    for beginnings, why in _WHY:
        if any(name == beginning or name.startswith(f"{beginning}_") for beginning in beginnings):
            return why
    return "it is not on the list of functions for looking at data"


def instead_of(name: str) -> str:
    """What to write instead."""
    found = get_close_matches(name, FUNCTIONS, n=1, cutoff=0.75)
    return f"Did you mean {found[0]}?" if found else "docs/terminal.md lists the functions there are."
