"""The pages: sign in, drop a workbook, the answer to it, its marked-up copy, handing in, what was handed in before.

Nothing is stored until somebody presses Submit: a workbook that was looked at is kept in memory for half an hour.
On this machine alone nobody signs in; else every page but the first asks for a body's token.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from common.home import releases_folder
from evaluation.numbers import number
from ingestion.findings import RefusedFile
from orchestration.errors import UserError
from orchestration.organisation_review import COMPARED, decide_pair, waiting
from orchestration.release.steps.site import SITE_PUBLIC
from orchestration.return_counts import estimate, reasons_said
from orchestration.returns_desk import days_missed
from orchestration.returns_page.history import feedback, late_quarters, submissions, tasks
from orchestration.returns_page.reading import look, marked_up, take
from orchestration.returns_page.sessions import Looked, ShortMemory
from orchestration.returns_page.tokens import whose

HERE = Path(__file__).parent
MOST_BYTES = 20_000_000
UPLOAD_SECONDS = 120
MOST_PAIRS = 50
_COOKIE = "wmip_session"
_NAMES = {"page.css": "text/css", "page.js": "text/javascript"}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Page = Callable[[Request], Awaitable[Response]]


class Desk:
    """The pages of one home. `signs_in`: whoever comes needs a body's token; `is_secure`: by HTTPS alone."""

    def __init__(self, home: Path, *, signs_in: bool, is_secure: bool, most_bytes: int = MOST_BYTES) -> None:
        self.home, self.signs_in, self.is_secure, self.most_bytes = home, signs_in, is_secure, most_bytes
        self.bodies: ShortMemory[str] = ShortMemory(1_000, 8 * 3600)
        self.looked: ShortMemory[Looked] = ShortMemory(10, 1800)
        self.reading = asyncio.Semaphore(1)
        self.templates = Jinja2Templates(HERE / "templates")
        self.templates.env.autoescape = True
        self.templates.env.globals.update(number=number, reasons_said=reasons_said)

    def session(self, request: Request) -> tuple[str, str | None]:
        """The session of a request and its body; without sign-in there is one, of nobody in particular."""
        if not self.signs_in:
            return "", None
        name = request.cookies.get(_COOKIE, "")
        body = self.bodies.find(name)
        if body is None:
            raise _NotSignedIn
        return name, body

    def page(self, request: Request, template: str, status: int = 200, **context: Any) -> Response:
        """A page, with what every page shows."""
        body = None
        if self.signs_in:
            body = self.bodies.find(request.cookies.get(_COOKIE, ""))
        context |= {"body": body, "signs_in": self.signs_in, "most_megabytes": self.most_bytes // 1_000_000}
        return self.templates.TemplateResponse(request, f"{template}.html.j2", context, status_code=status)

    async def drop(self, request: Request) -> Response:
        """The page to drop a workbook on."""
        self.session(request)
        return self.page(request, "drop")

    async def sign_in(self, request: Request) -> Response:
        """Ask for a token, and remember whose it is."""
        if not self.signs_in:
            return RedirectResponse("/", 303)
        if request.method == "GET":
            return self.page(request, "sign_in")
        async with self._form(request) as form:
            body = whose(self.home, str(form.get("token", ""))[:200])
        if body is None:
            # Who guesses is slowed down.
            await asyncio.sleep(1)
            return self.page(
                request, "sign_in", 403, problem="This token is nobody's; ask the programme office for one."
            )
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            _COOKIE, self.bodies.keep(body), max_age=8 * 3600, httponly=True, secure=self.is_secure, samesite="strict"
        )
        return answer

    async def sign_out(self, request: Request) -> Response:
        """Forget who is signed in."""
        _of_this_site(request)
        self.bodies.forget(request.cookies.get(_COOKIE, ""))
        answer = RedirectResponse("/sign-in", 303)
        answer.delete_cookie(_COOKIE)
        return answer

    async def check(self, request: Request) -> Response:
        """Look at a workbook that was dropped."""
        session, body = self.session(request)
        async with self._form(request) as form:
            dropped = form.get("workbook")
            if not isinstance(dropped, UploadFile) or not dropped.filename:
                return self.page(request, "drop", 400, problem="Choose a workbook first.")
            name, content = dropped.filename, await dropped.read()
        async with self.reading:
            answer = await run_in_threadpool(look, self.home, name, content, body)
        key = self.looked.keep(Looked(session, name, content, answer))
        return RedirectResponse(f"/answers/{key}", 303)

    async def answer(self, request: Request) -> Response:
        """What was found in a workbook, and what it will count for."""
        key, looked = self._looked(request)
        counts, missed = [], []
        if looked.answer.refused is None:
            counts = await run_in_threadpool(estimate, looked.answer, self.home)
            missed = await run_in_threadpool(days_missed, self.home, looked.answer)
        return self.page(request, "answer", key=key, answer=looked.answer, counts=counts, missed=missed)

    async def marked(self, request: Request) -> Response:
        """The workbook back, marked up."""
        _, looked = self._looked(request)
        async with self.reading:
            try:
                content = await run_in_threadpool(marked_up, self.home, looked.name, looked.content, looked.answer)
            except RefusedFile as reason:
                raise HTTPException(422, str(reason)) from None
        name = quote(f"{Path(looked.answer.file_name).stem} marked.xlsx")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(content, media_type=_XLSX, headers=headers)

    async def submit(self, request: Request) -> Response:
        """Hand a workbook in that was looked at."""
        _of_this_site(request)
        key, looked = self._looked(request)
        if looked.answer.refused is not None or not looked.answer.rows.get("covers"):
            raise HTTPException(422, "This workbook would be refused whole, and was not handed in.")
        try:
            target = await run_in_threadpool(take, self.home, looked.name, looked.content, looked.answer)
        except UserError as refusal:
            raise HTTPException(409, str(refusal)) from None
        self.looked.forget(key)
        return self.page(request, "submitted", answer=looked.answer, name=target.name)

    async def history(self, request: Request) -> Response:
        """What a body handed in, what it owes and what it has to settle."""
        _, body = self.session(request)
        handed_in = await run_in_threadpool(submissions, self.home, body)
        late = await run_in_threadpool(late_quarters, self.home, body) if body else []
        to_settle = await run_in_threadpool(tasks, self.home, body) if body else []
        return self.page(request, "history", handed_in=handed_in, late=late, to_settle=to_settle)

    async def feedback(self, request: Request) -> Response:
        """A body's feedback file."""
        _, body = self.session(request)
        if body is None:
            raise HTTPException(404)
        text = await run_in_threadpool(feedback, self.home, body)
        headers = {"Content-Disposition": f'attachment; filename="{body} feedback.csv"'}
        return Response(text.encode("utf-8-sig"), media_type="text/csv", headers=headers)

    async def organisations(self, request: Request) -> Response:
        """Pairs of organisations that wait for people, and a decision about one: for evaluators on this machine."""
        if self.signs_in:
            # It names organisations of every body, some of them persons.
            raise HTTPException(404)
        problems: list[str] = []
        try:
            if request.method == "POST":
                async with self._form(request) as form:
                    said = {name: str(form.get(name, "")) for name in ("pair", "decision", "reason", "role")}
                problems = await run_in_threadpool(decide_pair, self.home, said)
                if not problems:
                    return RedirectResponse("/organisations", 303)
            pairs = await run_in_threadpool(waiting, self.home)
        except UserError as refusal:
            raise HTTPException(409, str(refusal)) from None
        shown = {"pairs": pairs[:MOST_PAIRS], "more": max(len(pairs) - MOST_PAIRS, 0), "compared": COMPARED}
        return self.page(request, "organisations", 422 if problems else 200, problems=problems, **shown)

    async def part(self, request: Request) -> Response:
        """Style and script of the pages."""
        name = request.path_params["name"]
        if name not in _NAMES:
            raise HTTPException(404)
        return FileResponse(HERE / name, media_type=_NAMES[name])

    def _looked(self, request: Request) -> tuple[str, Looked]:
        session, _ = self.session(request)
        key = request.path_params["key"]
        looked = self.looked.find(key)
        if looked is None or looked.session != session:
            raise HTTPException(
                404, "This answer is no longer kept: a workbook is kept for half an hour. Drop it again."
            )
        return key, looked

    @asynccontextmanager
    async def _form(self, request: Request) -> AsyncIterator[FormData]:
        """A form that was sent: of bounded size, within bounded time, from our own page."""
        _of_this_site(request)
        length = request.headers.get("content-length", "")
        if not length.isdecimal():
            raise HTTPException(411, "How much is sent is not said.")
        if int(length) > self.most_bytes:
            raise HTTPException(
                413, f"It is larger than {self.most_bytes // 1_000_000} MB; split it or send it otherwise."
            )
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                form = await request.form(max_files=1, max_fields=4)
        except TimeoutError:
            raise HTTPException(408, "Sending it took too long; try again.") from None
        except ClientDisconnect:
            raise HTTPException(400) from None
        try:
            yield form
        finally:
            await form.close()


class _NotSignedIn(Exception):
    pass


def _of_this_site(request: Request) -> None:
    """Refuse what another site's page sends."""
    origin = request.headers.get("origin")
    is_ours = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not is_ours or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403, "This was sent by another site.")


def make_app(
    home: Path, *, signs_in: bool, hosts: list[str], is_secure: bool = False, most_bytes: int = MOST_BYTES
) -> Starlette:
    """The pages of a home as an application. `hosts`: the names by which it may be asked for."""
    desk = Desk(home, signs_in=signs_in, is_secure=is_secure, most_bytes=most_bytes)

    async def not_signed_in(_request: Request, _error: Exception) -> Response:
        return _guarded(RedirectResponse("/sign-in", 303))

    async def told(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 500)
        said = (
            getattr(error, "detail", "")
            if status < 500
            else "Something went wrong here; nothing was stored. Try again."
        )
        return _guarded(desk.page(request, "problem", status, problem=said))

    def guarded(page: Page) -> Page:
        async def answered(request: Request) -> Response:
            return _guarded(await page(request))

        return answered

    routes = [
        Route("/", guarded(desk.drop)),
        Route("/sign-in", guarded(desk.sign_in), methods=["GET", "POST"]),
        Route("/sign-out", guarded(desk.sign_out), methods=["POST"]),
        Route("/check", guarded(desk.check), methods=["POST"]),
        Route("/answers/{key}", guarded(desk.answer)),
        Route("/answers/{key}/marked.xlsx", guarded(desk.marked)),
        Route("/answers/{key}/submit", guarded(desk.submit), methods=["POST"]),
        Route("/history", guarded(desk.history)),
        Route("/feedback.csv", guarded(desk.feedback)),
        Route("/organisations", guarded(desk.organisations), methods=["GET", "POST"]),
        Route("/parts/{name}", guarded(desk.part)),
        # The public one alone: whoever may come here may be no evaluator.
        Mount("/site", _Site(directory=releases_folder(home) / "current" / SITE_PUBLIC, html=True, check_dir=False)),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
        exception_handlers={_NotSignedIn: not_signed_in, HTTPException: told, 500: told},
    )


class _Site(StaticFiles):
    """The public site of the release readers have now."""

    async def check_config(self) -> None:
        """A home has one from its first release with sites on; until then its pages are not found."""


def _guarded(answer: Response) -> Response:
    answer.headers.update(_HEADERS)
    return answer
