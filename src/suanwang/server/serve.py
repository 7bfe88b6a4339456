"""A host and its application behind a web server, in one event loop, until a signal comes."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Generator

import uvicorn
import uvloop

from suanwang.policy.rules import Rules
from suanwang.server.app import create_app
from suanwang.server.first_start import FirstStart, write_closed
from suanwang.server.host import Host
from suanwang.server.settings import Settings
from suanwang.store.home import Home
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

logger = logging.getLogger("suanwang.server")
DRAIN_S = 10
ADDRESS_FILE = "server.address"
"""In the data folder: where this server answers, for who was told port 0."""


class Web(uvicorn.Server):
    """Signals are the host's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """None."""
        yield


def run(
    home: Home, settings: Settings, rules: dict[str, Rules], first: FirstStart, address: str, port: int
) -> None:
    """`serve` in a loop of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(home, settings, rules, first, address, port))


async def serve(
    home: Home, settings: Settings, rules: dict[str, Rules], first: FirstStart, address: str, port: int
) -> None:
    """Serves until SIGTERM or SIGINT: stops accepting, answers what was asked, keeps a snapshot, returns.

    Raises InvalidInput where the address cannot be listened on, and what ends the host.
    """
    host = Host(home, settings, rules, first)
    _, app = create_app(host)
    listener = listen(address, port)
    bound = listener.getsockname()
    write_closed(settings.data / ADDRESS_FILE, f"http://{url_host(address)}:{bound[1]}\n")
    logger.info("listening", extra={"address": address, "port": bound[1], "log": home.place})
    config = uvicorn.Config(
        app,
        loop="none",
        http="httptools",
        lifespan="off",
        access_log=False,
        proxy_headers=False,
        log_config=None,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=DRAIN_S,
    )
    web = Web(config)
    running = asyncio.create_task(host.run())
    serving = asyncio.create_task(web.serve([listener]))
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([running, serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    logger.info("stopping")
    host.let_go()
    web.should_exit = True
    await asyncio.wait([serving])
    host.stop()
    await asyncio.wait([running])
    stopping.cancel()
    running.result()
    serving.result()
    if host.failed is not None:
        raise host.failed
    logger.info("stopped")


def listen(address: str, port: int) -> socket.socket:
    """A socket that listens there. Raises InvalidInput where it cannot."""
    try:
        return socket.create_server((address, port), backlog=1024, family=family_of(address))
    except (OSError, OverflowError) as error:
        fault = Fault(
            f"{url_host(address)}:{port}",
            Text("the server cannot listen there", "服务器无法监听该地址"),
            str(error),
            remedy=Text(
                "another --port (0: any that is free), an address of this machine for --host, or end "
                "the program that listens there",
                "换用其他 --port（0 为任意空闲端口），--host 用本机地址，或结束占用该端口的程序",
            ),
        )
        raise InvalidInput([fault]) from None


def family_of(address: str) -> socket.AddressFamily:
    """Of the address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def url_host(address: str) -> str:
    """How the address stands in a URL; what means every address is reached as this machine."""
    if address in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{address}]" if ":" in address else address
