from cli.broker_node import boot_failure, free_ports, worth_showing

WARNING = "2026-11-24 03:56:23.177690+00:00 [warning] <0.510.0> closing AMQP connection"


def test_of_a_booting_node_its_version_is_shown() -> None:
    assert worth_showing("  ##  ##      RabbitMQ 3.10.8", runs=False) == "starting RabbitMQ 3.10.8"
    assert worth_showing("  Starting broker... completed with 0 plugins.", runs=False) is None
    assert worth_showing(WARNING, runs=False) is None


def test_of_a_running_node_warnings_are_shown() -> None:
    assert worth_showing(WARNING, runs=True) == WARNING
    assert worth_showing(WARNING.replace("warning", "info"), runs=True) is None


def test_why_a_node_did_not_boot_is_found_among_its_reports() -> None:
    lines = [
        WARNING,
        "BOOT FAILED",
        "===========",
        "ERROR: could not bind to distribution port 25672",
        "",
        "2026-11-24 04:20:41.736906+00:00 [error] <0.132.0> BOOT FAILED",
        "Kernel pid terminated (application_controller) ({application_start_failure,rabbit,…})",
        "\x1b[38;5;160m2026-11-24 04:20:41.736906+00:00 [error] <0.132.0>     pid: <0.130.0>\x1b[0m",
    ]
    assert boot_failure(lines) == ["ERROR: could not bind to distribution port 25672"]


def test_a_node_that_ended_without_a_word_of_why_shows_its_last_lines() -> None:
    assert boot_failure(["one", "two"]) == ["one", "two"]


def test_free_ports_differ() -> None:
    assert len(set(free_ports(10))) == 10
