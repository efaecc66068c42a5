"""Whether a request was sent to us, by the name in its `Host`: the one thing that a page of another site cannot choose.

It can let its own name point to our address once it is loaded (DNS rebinding): to the browser it then is of our origin.
"""

import re
from collections.abc import Collection
from ipaddress import ip_address

ANY = "*"


def is_ours(host: str, names: Collection[str]) -> bool:
    """By an address, which no site can call its own, as this machine, or by one of `names`."""
    name = re.sub(r":\d*$", "", host.strip().lower()).rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):  # a browser asks nobody for these (RFC 6761)
        return True
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return ANY in names or name in names
    return True
