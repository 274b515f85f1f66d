"""Every setting of the platform, in one class, read from the environment (prefix LRS_) or from files of secrets.

Belongs here: a value that someone running the platform may want to change. Not here: constants of a standard.
A process is given only the variables it may hold (local/processes.py, docker-compose.yml), so most secrets are optional
here and are asked for by `require` where they are used.
"""

from __future__ import annotations

from datetime import time
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lrs_platform import DEFAULT_HOME

SECRETS_DIR = Path("/run/secrets")  # where compose and Kubernetes put secrets: a file LRS_REDIS_URL holds that setting


class SettingMissing(RuntimeError):
    """A setting that this process needs is not set; the message says which and what to do."""


class Settings(BaseSettings):
    """All settings; `Settings().port` is read from LRS_PORT, and so on."""

    model_config = SettingsConfigDict(
        env_prefix="LRS_",
        secrets_dir=SECRETS_DIR if SECRETS_DIR.is_dir() else None,
        extra="ignore",
        validate_default=True,
    )

    # where things are
    home: Path = Field(DEFAULT_HOME, description="State of an embedded instance: data, logs, credentials.json.")
    host: str = Field("127.0.0.1", description="Address the gateway and the MCP servers listen on.")
    port: int = Field(
        8000, description="Port of the gateway; the other processes use the next ones (docs/architecture.md)."
    )
    reports_dir: Path | None = Field(
        None, description="Where test reports are read. Default: reports/ of the home, and those of `sh lrs test`."
    )
    public_url: str | None = Field(
        None, description="Address users reach the gateway by, where a proxy stands before it."
    )
    database_url: SecretStr | None = Field(
        None, description="Postgres as role lrs_writer; held by the warehouse server alone."
    )
    reader_database_url: SecretStr | None = Field(None, description="Postgres as role lrs_reader; held by dbhub alone.")
    dagster_database_url: SecretStr | None = Field(None, description="Dagster's own database.")
    redis_url: SecretStr | None = Field(None, description="The durable log; needs appendfsync always.")
    dagster_url: str | None = Field(None, description="Dagster's webserver, as the gateway reaches it.")
    dagster_public_url: str | None = Field(
        None, description="Dagster's webserver as browsers reach it, for links; without it LRS_DAGSTER_URL."
    )
    code_server_host: str = Field("127.0.0.1", description="Where workspace.yaml finds the code server.")
    code_server_port: int | None = Field(None, description="Its port; with `sh lrs up` the gateway's plus 2.")
    redis_maxmemory: str | None = Field(None, description="Memory limit of the embedded Redis, e.g. 512mb.")

    # MCP servers
    mcp_warehouse_url: str | None = Field(None, description="Warehouse MCP server, e.g. http://127.0.0.1:8003/mcp.")
    mcp_warehouse_token: SecretStr | None = Field(None, description="Bearer token of the warehouse server.")
    mcp_python_url: str | None = Field(None, description="Python MCP server (run_python_code).")
    mcp_python_token: SecretStr | None = Field(None, description="Bearer token of the python server.")
    mcp_dbhub_url: str | None = Field(None, description="Read-only database MCP server (search_objects, execute_sql).")
    mcp_dbhub_token: SecretStr | None = Field(None, description="Bearer token of the dbhub server.")
    mcp_mail_url: str | None = Field(None, description="Mail MCP server (send_email).")
    mcp_mail_token: SecretStr | None = Field(None, description="Bearer token of the mail server.")
    mcp_browser_url: str | None = Field(
        None, description="Playwright MCP server; with it lesson links are opened before they are mailed."
    )
    mcp_read_timeout_seconds: float = Field(
        60.0, gt=0, description="How long an MCP call may take before it is given up."
    )

    # the dbhub server's limits
    dbhub_package: Path = Field(Path("deploy/dbhub"), description="Directory whose node_modules holds DBHub.")
    dbhub_max_rows: int = Field(1000, ge=1, description="Most rows that one execute_sql returns.")
    dbhub_max_reply_bytes: int = Field(4 * 2**20, ge=1024, description="Longest reply; beyond it an error says so.")
    dbhub_query_seconds: int = Field(30, ge=1, description="How long one query may run.")

    # queries of people
    sql_max_rows: int = Field(10_000, ge=1, description="Most rows that one query of a person returns.")
    sql_max_cost: float = Field(
        10_000_000, gt=0, description="Highest cost, as Postgres estimates it, of a query of a person."
    )
    reveal_names: bool = Field(
        True,
        description="Admins and coordinators see who learners are, in reports and answers to questions; false: nobody.",
    )
    reader_seconds: float = Field(
        90.0, gt=0, description="A reader's transaction that is older is ended, whatever it set itself."
    )
    prebuilt_queries: Path = Field(
        Path("deploy/sqlpad/seed/queries"), description="Queries that the SQL terminal and SQLPad begin with."
    )
    sqlpad_url: str | None = Field(
        None, description="SQLPad, e.g. http://sqlpad:3000/sqlpad; shown in /ui/db-terminal, signed in by the gateway."
    )
    sqlpad_email: str = Field("admin@example.com", description="Whom the gateway signs in to SQLPad.")
    superset_url: str | None = Field(None, description="Superset as browsers reach it; shown in /ui/db-terminal.")

    # questions in plain words
    llm: str | None = Field(
        None, description="Chat model that reads questions, as provider:model, e.g. openai:gpt-5-mini; none is needed."
    )
    llm_api_key: SecretStr | None = Field(None, description="Its key; held by the gateway alone.")
    llm_url: str | None = Field(None, description="Its address, where it is not the provider's own.")
    llm_seconds: float = Field(30.0, gt=0, description="How long the model may take for one question.")
    llm_tokens: int = Field(20_000, gt=0, description="Tokens that one question may use.")
    llm_tries: int = Field(3, ge=1, description="Tool calls of the model for one question, the wrong ones included.")
    llm_sees_rows: bool = Field(
        False, description="Whether the model sees rows of the queries that it writes itself: 20 of each, cut short."
    )
    questions_retention_days: float = Field(90.0, ge=0, description="Questions are kept this long, for the audit.")

    # the gateway
    admin_token: SecretStr | None = Field(None, description="Token of the login link on a single machine.")
    gateway_workers: int = Field(1, ge=1, description="Gateway processes on one machine.")
    max_body_bytes: int = Field(16 * 2**20, gt=0, description="Largest request body; beyond it 413.")
    max_attachment_bytes: int = Field(
        512 * 2**20, gt=0, description="Largest request with attachments, all parts together; beyond it 413."
    )
    attachments_url: str | None = Field(
        None,
        description="Where attachments lie, as fsspec writes it, e.g. s3://bucket/prefix; without it a directory "
        "of LRS_HOME.",
    )
    read_barrier_ms: int = Field(
        2000, ge=0, description="How long a GET waits for the log to be loaded up to its arrival."
    )
    oidc_issuer: str | None = Field(
        None, description="OpenID Connect issuer whose Bearer tokens are taken, as its discovery document names it."
    )
    oidc_audience: str | None = Field(None, description="Audience that such a token must be for.")
    oidc_client_id: str | None = Field(
        None, description="Our client at the issuer: with it people log in to the pages there, by the code flow."
    )
    oidc_client_secret: SecretStr | None = Field(None, description="Its secret.")
    oidc_scope: str = Field("openid profile email", description="What is asked of the issuer about people.")
    oidc_role_claim: str = Field(
        "roles", description="Claim that names roles here (admin, analyst, coordinator), e.g. realm_access.roles."
    )
    rate_limit_per_minute: int = Field(
        0, ge=0, description="Most xAPI requests a minute by one credential, in each gateway process; 0: no limit."
    )
    cors_origins: str = Field(
        "", description="Web origins whose pages may use /xAPI, separated by commas, e.g. https://course.example.com."
    )
    verdict_ttl_seconds: float = Field(
        60.0, gt=0, description="How long a checked password is trusted without a new scrypt."
    )

    # the log and its loader
    stream: str = Field("xapi:statements", description="Name of the Redis Stream.")
    stream_shards: int = Field(
        1, ge=1, le=64, description="Streams that the log is spread over, by actor; fewer only after all is loaded."
    )
    stream_group: str = Field("warehouse", description="Consumer group of the loader.")
    kafka_servers: str | None = Field(
        None, description="Kafka brokers, host:port with commas between: the log is there, as docs/scale.md says."
    )
    kafka_options: Path | None = Field(
        None, description="JSON file of further options of librdkafka, e.g. security.protocol and sasl.password."
    )
    kafka_replication: int = Field(
        3, ge=0, description="Copies of each record in the topic that is made; 0: whoever runs Kafka makes it."
    )
    batch_size: int = Field(5000, ge=1, description="Most entries in one micro-batch.")
    batches_in_flight: int = Field(2, ge=1, description="Micro-batches mapped and loaded at once.")
    linger_ms: int = Field(
        15, ge=0, description="Wait for a trickle to gather into one batch; without it each entry is a batch."
    )
    tick_budget_seconds: float = Field(
        4.8, gt=0, description="Length of a sensor tick; Dagster starts the next after 5 s."
    )
    marts_every_seconds: int = Field(
        30, ge=5, description="At least this long between two refreshes of the marts; a run costs two CPU-seconds."
    )
    log_retention_hours: float = Field(24.0, ge=0, description="Loaded entries stay in the log this long.")
    materialization_every_seconds: float = Field(10.0, ge=0, description="Batch events are summed to one in this time.")
    calls_retention_days: float = Field(3.0, ge=0, description="Logged MCP calls are kept in Postgres this long.")
    test_load_delay_ms: int = Field(
        0, ge=0, description="Artificial delay before each load; for tests of consistency only."
    )

    # catching up
    catch_up_cron: str = Field("*/5 * * * *", description="When the incremental catch-up runs (cron, UTC).")
    catch_up_seconds: float = Field(
        200.0, gt=0, description="One run of the catch-up takes about this long at most; the next goes on."
    )
    sources_file: Path | None = Field(
        None, description="Source LRSs to pull from; without it $LRS_HOME/sources.yaml if that is there."
    )

    # the archive
    archive_url: str | None = Field(
        None,
        description="Where raw statements are archived by day, as fsspec writes it, e.g. s3://bucket/prefix; without "
        "it `archive` in LRS_HOME.",
    )
    archive_cron: str = Field("20 2 * * *", description="When days that are over are archived (cron, UTC).")

    # Dagster's own history
    history_days: float = Field(3.0, gt=0, description="Dagster's events and runs are kept this long.")
    history_steps_hours: float = Field(
        2.0, gt=0, description="What Dagster tells of the steps of runs that succeeded is kept this long."
    )
    history_failed_days: float = Field(30.0, gt=0, description="Those of failed runs are kept this long.")

    # reminders (docs/outreach.md)
    reminders: Literal["off", "dry-run", "on"] = Field(
        "off", description="Whether learners are reminded. dry-run: decided and shown, and nothing is sent."
    )
    reminder_cron: str = Field("*/15 * * * *", description="When reminders are looked at (cron, UTC).")
    reminder_from: time = Field(time(9), description="Mail goes out from then on, in the learner's time zone.")
    reminder_until: time = Field(time(18), description="And until then; later it is quiet.")
    reminder_weekends: bool = Field(False, description="Whether mail goes out on Saturdays and Sundays.")
    reminder_after_days: int = Field(1, ge=0, description="First reminder so many days after a lesson was due.")
    reminder_within_days: int = Field(14, ge=1, description="No reminder of lessons that were due longer ago.")
    reminder_most: int = Field(3, ge=1, description="Most reminders of one lesson to one learner.")
    reminder_consent: Literal["opt-out", "opt-in"] = Field(
        "opt-out", description="opt-in: only learners of whom a consent is recorded get mail."
    )
    reminder_holdout: float = Field(
        0.0, ge=0, le=0.5, description="Share of reminders that chance leaves out, so that the effect can be measured."
    )
    reminder_language: str = Field("en", description="Language of learners whose roster row has no column Language.")
    reminder_templates: Path | None = Field(
        None, description="Directory of templates that go before the built-in ones."
    )
    reminder_coordinators: str = Field(
        "", description="Who gets the morning list: addresses, or cohort=address, separated by commas."
    )
    reminder_time_zone: str = Field("UTC", description="Time zone of the coordinators' mornings.")

    # the mail server
    smtp_host: str | None = Field(None, description="SMTP server that takes the mail.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", description="How the way there is encrypted.")
    smtp_username: str = Field("", description="User there; none where empty.")
    smtp_password: SecretStr | None = Field(None, description="Password there; held by the mail server alone.")
    smtp_certificates: Path | None = Field(
        None, description="File of certificates to trust there instead of the system's."
    )
    mail_from: str | None = Field(None, description="Sender, e.g. Learning <learning@example.com>; bounces come there.")
    mail_reply_to: str = Field("", description="Address that answers go to, where not to the sender.")
    mail_allowed_recipients: str = Field(
        "", description="Whom mail may go to: addresses, @domains, separated by commas; * is anyone, empty nobody."
    )
    mail_per_second: float = Field(20.0, ge=0, description="Most mails a second; 0: no limit.")
    mail_connections: int = Field(4, ge=1, description="SMTP sessions at the same time.")
    mail_ledger: Path | None = Field(
        None, description="File of what was sent. Default: mail/ledger.sqlite in LRS_HOME. Losing it may repeat mails."
    )
    mail_lookup: str = Field(
        "", description="Where to ask whether an unanswered mail arrived: an http(s) address, or a Maildir."
    )
    mail_settle_seconds: float = Field(
        600.0, ge=0, description="A mail that is not found is sent again only after so long (RFC 5321, 4.5.3.2.6)."
    )
    mail_returned: Path | None = Field(None, description="Maildir or mbox file that bounces and complaints come to.")
    mail_events_token: SecretStr | None = Field(
        None, description="Bearer token of those who report bounces to /api/reminders/events, beside the admin token."
    )

    # rights of learners
    retention_file: Path | None = Field(
        None, description="How long rows are kept, by table; without it lrs_platform/rights/retention.yaml."
    )

    # mapping statements to events
    mappings_dir: Path | None = Field(
        None, description="Mapping rules and scripts of your own; without it $LRS_HOME/mappings if that is there."
    )

    # the python server's limits
    sandbox_seconds: float = Field(30.0, gt=0, description="CPU time of one run_python_code call.")
    sandbox_memory_bytes: int = Field(1_500_000_000, gt=0, description="Memory of one run_python_code call.")
    sandbox_workers: int = Field(2, ge=1, description="Sandbox processes kept ready.")
    sandbox_recursion_depth: int = Field(200, ge=10, description="Depth of calls in run_python_code.")
    sandbox_result_bytes: int = Field(64 * 2**20, gt=0, description="Longest result of one run_python_code call.")

    @field_validator("home", mode="after")
    @classmethod
    def _below_the_account(cls, home: Path) -> Path:
        """With ~ for the account's own directory."""
        return home.expanduser()

    def require(self, name: str) -> str:
        """The value of setting `name` as text; SettingMissing with the variable's name where it is not set."""
        value = getattr(self, name)
        if value is None:
            raise SettingMissing(f"LRS_{name.upper()} is not set: set it, or start the platform with `sh lrs up`")
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
