"""Where the app is served: the port it takes and the address to open in a browser."""

import os
import re
import socket
from collections.abc import Sequence

from bootstrap import SetupError

FIRST_PORT = 8501
LAST_PORT = 8600
# Streamlit's own default would be every address of the computer; `.streamlit/config.toml` says this one.
THIS_COMPUTER = "127.0.0.1"
EVERY_ADDRESS = ("0.0.0.0", "::")


def option(arguments: Sequence[str], name: str) -> str | None:
    """The value of a Streamlit option given as `--name value` or `--name=value` or in its environment variable."""
    value = os.environ.get("STREAMLIT_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace(".", "_").upper())
    for position, argument in enumerate(arguments):
        flag, equals, given = argument.partition("=")
        if flag == f"--{name}":
            following = arguments[position + 1 : position + 2]
            value = given if equals else "".join(following)
    return value


def choose_port(arguments: Sequence[str]) -> int:
    """The port the user named, or the first free one from 8501 on. Raises SetupError when that cannot be had."""
    address = option(arguments, "server.address") or THIS_COMPUTER
    named = option(arguments, "server.port")
    if named is not None:
        return named_port(named, address)
    for port in range(FIRST_PORT, LAST_PORT + 1):
        if why_not(port, address) is None:
            if port != FIRST_PORT:
                print(f"Port {FIRST_PORT} is in use by another program, so this one takes {port}.")
            return port
    raise SetupError(
        f"None of the ports {FIRST_PORT} to {LAST_PORT} can be used at {address}: {why_not(FIRST_PORT, address)}.\n"
        "Name another with --server.port, or another address with --server.address."
    )


def named_port(named: str, address: str) -> int:
    if not named.isdecimal() or not 1 <= int(named) <= 65535:
        raise SetupError(f"--server.port must be a number from 1 to 65535. Received: {named or 'nothing'}.")
    reason = why_not(int(named), address)
    if reason is not None:
        raise SetupError(
            f"Port {named} cannot be used at {address}: {reason}.\n"
            "Give --server.port another number, or leave it out: then the next free port is taken."
        )
    return int(named)


def why_not(port: int, address: str) -> str | None:
    """None if a server can listen there, else the system's reason."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            # Else a server that stopped a moment ago would still count as one.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return (error.strerror or str(error)).lower()
    return None


def addresses(arguments: Sequence[str], port: int) -> str:
    """The lines that say what to open in a browser, here and, when the app is open to others, there."""
    scheme = "https" if option(arguments, "server.sslCertFile") else "http"
    path = (option(arguments, "server.baseUrlPath") or "").strip("/")
    address = option(arguments, "server.address") or THIS_COMPUTER

    def link(host: str) -> str:
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/{path}".rstrip("/")

    if address not in EVERY_ADDRESS:
        return f"Open {link(address)} in a browser."
    return f"Open {link(THIS_COMPUTER)} in a browser here, {link(network_address())} on other computers."


def network_address() -> str:
    """This computer's address as its neighbours see it. Nothing is sent: a datagram socket only picks a route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])
