"""The log on Kafka, for those who run one anyway or outgrow a machine's disk (extra `lrs-platform[kafka]`,
docs/scale.md).

`log.py` and `index.py` keep the promises of durable_log.py, `record.py` is the shape of a record, `client.py` talks to
the brokers. Kafka finds nothing by key and changes no record, so two things stay in Redis: `recent_ids.py`, the index
of ids, and `erased.py`, which entries are read no more.
"""

from lrs_platform.stream.kafka.index import KafkaIndex
from lrs_platform.stream.kafka.log import KafkaLog

__all__ = ["KafkaIndex", "KafkaLog"]
