from kombu import Connection

from tests.services.ports import is_listening
from tests.services.rabbitmq import RabbitMQServer


def test_kombu_reaches_it_by_its_url(rabbitmq_server: RabbitMQServer) -> None:
    with Connection(rabbitmq_server.url) as connection, connection.SimpleQueue("prints") as queue:
        queue.put({"picture": 1})

        message = queue.get(timeout=5)
        message.ack()

    assert message.payload == {"picture": 1}


def test_it_counts_the_messages_that_somebody_has_taken(rabbitmq_server: RabbitMQServer) -> None:
    with Connection(rabbitmq_server.url) as connection, connection.SimpleQueue("frames") as queue:
        queue.put("one")
        queue.put("two")
        message = queue.get(timeout=5)
        assert rabbitmq_server.messages()["frames"] == 2
        message.ack()
    assert rabbitmq_server.messages()["frames"] == 1


def test_its_port_mapper_is_its_own(rabbitmq_server: RabbitMQServer) -> None:
    names = {process.name for process in rabbitmq_server.processes if process.is_running}

    assert names == {"epmd", "rabbitmq"}
    assert is_listening(rabbitmq_server.mapper_port)
