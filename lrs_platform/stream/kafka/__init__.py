"""The log on Kafka, for those who run one anyway or outgrow a machine's disk (extra `lrs-platform[kafka]`,
docs/scale.md).

`log.py` keeps the promises of durable_log.py, `record.py` is the shape of a record, `client.py` talks to the brokers,
`recent_ids.py` is the index of ids, which Kafka has nothing for and which stays in Redis.
"""

from lrs_platform.stream.kafka.log import KafkaLog

__all__ = ["KafkaLog"]
