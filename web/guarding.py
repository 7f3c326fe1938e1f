"""Every route names the act that it is; nobody gets past it who may not do that act there.

A route that names none keeps the site from starting (``require_declared``).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, iscoroutinefunction, signature
from typing import Annotated, Any, TypeVar, cast

from fastapi import APIRouter, Depends
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.access.policy import RULES, Because, NotAllowed
from web import csrf
from web.outdated import must_fit
from web.rates import Rate
from web.sessions import of_request
from web.surroundings import Surroundings
from web.visit import NotSeen, Visit

BranchOf = Callable[[Parts, dict[str, Any]], str | None]
"""Finds the branch that an object of the path belongs to; None: there is no such object."""

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Forged(Exception):
    """The request did not come from a page that we gave this session."""


@dataclass(frozen=True)
class Guarded:
    """What a route is: for the matrix of permissions and the check at the start."""

    method: str
    path: str
    act: Act | None
    """None: open to everybody who is logged in, such as logging out."""
    branch_of: BranchOf | None
    rate: Rate | None = None
    """What a session's requests are counted as; None: they are not."""


def named_branch(_parts: Parts, path: dict[str, Any]) -> str | None:
    """The branch that the path names itself."""
    return str(path["branch"])


async def visiting(request: Request) -> Visit:
    """Who asks, as the gate found out, which stands before every handler."""
    return cast(Visit, request.state.visit)


Visiting = Annotated[Visit, Depends(visiting)]


class Section:
    """The routes of one part of the site."""

    def __init__(self, prefix: str = "", rate: Rate | None = None) -> None:
        self.router = APIRouter(prefix=prefix, route_class=_Route)
        self.rate = rate
        self.declared: list[Guarded] = []

    def get(
        self, path: str, act: Act | None, branch_of: BranchOf | None = None, **options: Any
    ) -> Callable[[Handler], Handler]:
        """Declare a page or answer to look at."""
        return self._route("GET", path, act, branch_of, options)

    def post(
        self, path: str, act: Act | None, branch_of: BranchOf | None = None, **options: Any
    ) -> Callable[[Handler], Handler]:
        """Declare an act."""
        return self._route("POST", path, act, branch_of, options)

    def put(
        self, path: str, act: Act | None, branch_of: BranchOf | None = None, **options: Any
    ) -> Callable[[Handler], Handler]:
        """Declare an act that sends bytes, which are counted as such."""
        return self._route("PUT", path, act, branch_of, options, Rate.UPLOAD)

    def _route(
        self,
        method: str,
        path: str,
        act: Act | None,
        branch_of: BranchOf | None,
        options: dict[str, Any],
        rate: Rate | None = None,
    ) -> Callable[[Handler], Handler]:
        guarded = Guarded(method, self.router.prefix + path, act, branch_of, rate or self.rate)

        def declare(handler: Handler) -> Handler:
            looks = method == "GET" and not iscoroutinefunction(handler)
            answers = _at_one_moment(handler, guarded) if looks else handler
            gate = [] if looks else [Depends(_gate(guarded))]
            self.router.add_api_route(path, answers, methods=[method], dependencies=gate, **options)
            self.declared.append(guarded)
            return handler

        return declare


def _at_one_moment(handler: Handler, guarded: Guarded) -> Handler:
    """Have who only looks pass the gate and be answered in one go, with what the catalog held at one moment.

    What is sent piece by piece comes after that.
    """
    asked = signature(handler)
    own = [one for one in asked.parameters.values() if one.name not in ("request", "visit")]
    request_is = Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request)

    @wraps(handler)
    def looking(request: Request, **given: Any) -> Any:
        with _passed(request, guarded) as visit:
            known = {"request": request, "visit": visit}
            given |= {name: one for name, one in known.items() if name in asked.parameters}
            return handler(**given)

    looking.__signature__ = asked.replace(parameters=[*own, request_is])  # type: ignore[attr-defined]
    looking.gate = guarded  # type: ignore[attr-defined]
    return cast(Handler, looking)


class _Route(APIRoute):
    """A route whose handler holds its gate: who may not ask is not told what is unfit in it either."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give what answers a request."""
        answer = super().get_route_handler()
        gate: Guarded | None = getattr(self.endpoint, "gate", None)
        if gate is None:
            return answer

        async def gated(request: Request) -> Response:
            try:
                return await answer(request)
            except RequestValidationError:
                await run_in_threadpool(_pass, request, gate)
                raise

        return gated


def require_declared(
    routes: Iterable[BaseRoute], declared: Iterable[Guarded], open_to_all: frozenset[str]
) -> None:
    """Raise RuntimeError for a route that neither names its act nor is meant for everybody."""
    known = {(one.method, one.path) for one in declared}
    for route in _every(routes):
        if isinstance(route, Mount) or getattr(route, "path", "") in open_to_all:
            continue
        methods = (route.methods or set()) - {"HEAD"} if isinstance(route, APIRoute) else {"?"}
        path = getattr(route, "path", "?")
        if any((method, path) not in known for method in methods):
            raise RuntimeError(f"the route {path} does not say which act it is")


def _every(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """The routes themselves; FastAPI keeps included routers whole."""
    for route in routes:
        router = getattr(route, "original_router", None)
        if router is None:
            yield route
        else:
            yield from _every(router.routes)


def _gate(guarded: Guarded) -> Callable[..., Any]:
    def may_pass(request: Request) -> Visit:
        with _passed(request, guarded) as visit:
            return visit

    async def gate(request: Request, visit: Visit = Depends(may_pass)) -> None:
        if request.method in csrf.SAFE or visit.csrf is None:
            return
        if csrf.from_elsewhere(request) or not await csrf.has_token(request, visit.csrf):
            raise Forged

    return gate


@contextmanager
def _passed(request: Request, guarded: Guarded) -> Iterator[Visit]:
    """Find out who asks, at the moment that the block sees; refuse who may not."""
    site: Surroundings = request.app.state.site
    must_fit(request)
    with site.reading.catalog.at_one_moment():
        visit = of_request(request)
        request.state.visit = visit
        if guarded.rate is not None:
            site.rates.spend(guarded.rate, visit.token)
        if guarded.act is not None:
            _must_be_allowed(visit, guarded.act, _branch(guarded, visit, request))
        yield visit


def _pass(request: Request, guarded: Guarded) -> None:
    with _passed(request, guarded):
        pass


def _branch(guarded: Guarded, visit: Visit, request: Request) -> str | None:
    if guarded.branch_of is None:
        return None
    branch = guarded.branch_of(visit.site.reading, dict(request.path_params))
    if branch is None:
        raise NotSeen
    return branch


def _must_be_allowed(visit: Visit, act: Act, branch: str | None) -> None:
    """Refuse, and log it, what the roles do not allow; who may elsewhere does not learn what is here.

    An act that needs a purpose or an approved request is decided on by its handler, which has them.
    """
    opened = visit.may(act, branch) or visit.granted(act, branch)
    if opened and not _lacks_second_factor(visit, act):
        return
    try:
        visit.site.parts.catalog.staff.require(visit.person, act, branch)
    except NotAllowed as refusal:
        if refusal.reason == Because.BRANCH:
            raise NotSeen from refusal
        raise


def _lacks_second_factor(visit: Visit, act: Act) -> bool:
    return RULES[act].step_up and not visit.person.second_factor
