import json
import stat
from pathlib import Path

import pytest

from cli.amqp_url import AmqpUrl
from cli.broker_files import advanced_configuration, configuration, definitions, environment, find_programs, write_files
from cli.errors import CannotStartError

URL = AmqpUrl(port=5673, user="me", password="hidden", vhost="my/vhost")


def program(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.touch(mode=0o755)
    return path


def test_the_node_listens_on_this_machine_alone_and_waits_a_week_for_a_job() -> None:
    lines = configuration(URL).splitlines()
    assert "listeners.tcp.1 = 127.0.0.1:5673" in lines
    assert "consumer_timeout = 604800000" in lines
    assert '<<"consumer_timeout">>, longstr, <<"604800000">>' in advanced_configuration()


def test_user_and_vhost_are_those_of_the_url() -> None:
    made = json.loads(definitions(URL))
    assert (made["users"][0]["name"], made["users"][0]["password"]) == ("me", "hidden")
    assert made["vhosts"] == [{"name": "my/vhost"}]
    assert made["permissions"][0]["vhost"] == "my/vhost"


def test_nothing_of_another_broker_gets_in(tmp_path: Path) -> None:
    inherited = {"PATH": "/bin", "RABBITMQ_NODENAME": "other", "ERL_FLAGS": "-x", "STAGECAST_SECRET": "s", "HOME": "/x"}
    made = environment(tmp_path, inherited, epmd_port=1, distribution_port=2)
    assert made["PATH"] == "/bin"
    assert "ERL_FLAGS" not in made
    assert "STAGECAST_SECRET" not in made
    assert made["HOME"] == str(tmp_path)
    assert made["RABBITMQ_NODENAME"] == "stagecast-local@localhost"
    assert {value for name, value in made.items() if name.endswith(("_BASE", "_FILE", "_DIR"))} <= {
        str(path) for path in [tmp_path, *(tmp_path / Path(value).name for value in made.values())]
    }


def test_secrets_are_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "rabbitmq"
    write_files(folder, URL)
    cookie = folder / ".erlang.cookie"
    made = cookie.read_text()
    write_files(folder, URL)
    assert cookie.read_text() == made
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, cookie, folder / "definitions.json")}
    assert modes == {"rabbitmq": 0o700, ".erlang.cookie": 0o400, "definitions.json": 0o600}


def test_the_server_itself_is_found_and_not_debians_wrapper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "sbin"))
    wrapper = program(tmp_path / "lib", "rabbitmq-script-wrapper")
    (tmp_path / "sbin").mkdir()
    (tmp_path / "sbin" / "rabbitmq-server").symlink_to(wrapper)
    epmd = program(tmp_path / "sbin", "epmd")
    with pytest.raises(CannotStartError, match="not installed"):
        find_programs([])
    server = program(tmp_path / "bin", "rabbitmq-server")
    found = find_programs([str(tmp_path / "bin")])
    assert (found.server, found.epmd) == (server, epmd)
