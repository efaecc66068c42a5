"""Whether the services answer, and what each says of itself at `/readyz`."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from cli.doctor.finding import Finding, good, note, unseen, wrong
from cli.output import shown
from client.stream import broken

LOOK = {
    "broker": "see that RabbitMQ runs and that STAGECAST_AMQP_URL is right",
    "jobs": "see that RabbitMQ runs and that STAGECAST_AMQP_URL is right",
    "events": "see that RabbitMQ runs and that STAGECAST_AMQP_URL is right",
    "log": "see that RabbitMQ runs, and that the queue events.log is well",
    "store": "see that the folder of STAGECAST_STORE_URL can be written, and that its disk has room",
}


@dataclass(frozen=True)
class Service:
    """What a service said of itself."""

    name: str
    url: str
    status: int | None  # None: nothing answered
    error: str = ""
    checks: dict[str, str] = field(default_factory=dict)
    concerns: dict[str, str] = field(default_factory=dict)


async def read_service(http: httpx.AsyncClient, name: str, url: str) -> Service:
    """Ask for its readiness."""
    try:
        answer = await http.get(f"{url}/readyz")
    except httpx.TransportError as error:
        return Service(name, url, None, broken(error))
    told = _object(answer)
    return Service(
        name, url, answer.status_code, checks=_strings(told.get("checks")), concerns=_strings(told.get("concerns"))
    )


def judge_service(service: Service) -> list[Finding]:
    """Each thing that it lacks, and each concern, is a finding of its own."""
    name = service.name
    if service.status is None:
        start = f"start it (`stagecast up`, or `python -m {name}`), or say where it is"
        return [wrong(name, f"nothing answers at {service.url} ({shown(service.error)})", start)]
    concerns = [note(f"{name}: {about}", shown(words)) for about, words in service.concerns.items()]
    faults = [
        wrong(f"{name}: {about}", shown(words), LOOK.get(about, f"read the {name}'s log"))
        for about, words in service.checks.items()
        if words != "ok"
    ]
    if service.status == httpx.codes.OK and service.checks:
        return [good(name, f"ready at {service.url}"), *concerns]
    if faults:
        return [*faults, *concerns]
    if service.status in {httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN, httpx.codes.UNAUTHORIZED}:
        return [unseen(name, f"{service.url} does not show its health to everybody: the canary tells")]
    return [
        wrong(name, f"{service.url}/readyz answers {service.status}", "see what stands in front of it, and its log")
    ]


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _strings(told: object) -> dict[str, str]:
    return {str(name): str(words) for name, words in told.items()} if isinstance(told, dict) else {}
