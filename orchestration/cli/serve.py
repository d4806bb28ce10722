"""`wmip serve`: the page on which officers check and hand in their returns."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli.options import Home, console, resolve_home
from orchestration.errors import UserError


def serve(
    home: Home = None,
    host: Annotated[str, typer.Option(help="Address to listen on; another than this machine's asks for tokens.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65_535)] = 8040,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="Name by which browsers ask for it, where a proxy stands before it; may repeat."),
    ] = None,
) -> None:
    """Serve the page on which an officer drops a workbook, sees what is wrong with it and hands it in.

    On this machine alone nobody signs in. With another --host, or a --name, each body signs in with its token
    (`wmip returns token`), and the page is to stand behind a proxy that speaks HTTPS.

    Example: wmip serve --port 8040
    """
    import uvicorn

    from orchestration.dagster_page import is_loopback
    from orchestration.returns_page.app import make_app
    from orchestration.returns_page.tokens import registered

    where = resolve_home(home)
    signs_in = not is_loopback(host) or bool(name)
    if signs_in and not registered(where):
        raise UserError("no body has a token yet: `wmip returns token --partner CB01` makes one for each")
    hosts = ["127.0.0.1", "localhost", "[::1]", *(name or [])] if not signs_in or name else [host]
    app = make_app(where, signs_in=signs_in, hosts=hosts, is_secure=bool(name))
    console.print(f"http://{host}:{port}/ (Ctrl-C ends it)", highlight=False, markup=False)
    # Who asks for what is in no log: addresses hold the names of what was dropped.
    uvicorn.run(app, host=host, port=port, access_log=False, log_level="warning", timeout_keep_alive=10)
