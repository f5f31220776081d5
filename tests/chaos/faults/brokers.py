"""Brokers that restart, forget, freeze or are full."""

import shutil
import time

from tests.chaos.faults.fault import Fault, Moment


def redis_restart(moment: Moment) -> str:
    moment.site.redis.restart()
    return "redis, with its file"


def redis_restart_with_loss(moment: Moment) -> str:
    server = moment.site.redis
    server.kill()
    shutil.rmtree(server.directory / "appendonlydir", ignore_errors=True)
    (server.directory / "appendonly.aof").unlink(missing_ok=True)
    server.start()
    return f"redis, {server.client().dbsize()} keys left"


def redis_flushall(moment: Moment) -> str:
    client = moment.site.redis.client()
    keys = client.dbsize()
    client.flushall()
    return f"redis, {keys} keys"


def redis_frozen(moment: Moment) -> str:
    moment.site.redis.pause()
    time.sleep(moment.seconds)
    moment.site.redis.resume()
    return f"redis, {moment.seconds:g} s"


def redis_out_of_memory(moment: Moment) -> str:
    client = moment.site.redis.client()
    client.config_set("maxmemory", 1)
    time.sleep(moment.seconds)
    client.config_set("maxmemory", 0)
    return f"redis, {moment.seconds:g} s"


def rabbitmq_restart(moment: Moment) -> str:
    assert moment.site.rabbitmq is not None
    moment.site.rabbitmq.restart()
    return "rabbitmq"


def rabbitmq_frozen(moment: Moment) -> str:
    assert moment.site.rabbitmq is not None
    moment.site.rabbitmq.pause()
    time.sleep(moment.seconds)
    moment.site.rabbitmq.resume()
    return f"rabbitmq, {moment.seconds:g} s"


REDIS = frozenset({"redis"})
RABBITMQ = frozenset({"rabbitmq"})
FAULTS = (
    Fault("redis-restart", redis_restart, REDIS, "redis"),
    Fault("redis-restart-with-loss", redis_restart_with_loss, REDIS, "redis"),
    Fault("redis-flushall", redis_flushall, REDIS, "redis"),
    Fault("redis-frozen", redis_frozen, REDIS, "redis"),
    Fault("redis-out-of-memory", redis_out_of_memory, REDIS, "redis"),
    Fault("rabbitmq-restart", rabbitmq_restart, RABBITMQ, "rabbitmq"),
    Fault("rabbitmq-frozen", rabbitmq_frozen, RABBITMQ, "rabbitmq"),
)
