"""The Prefect server: what is registered there, and registering. Importing this imports Prefect: seconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from httpx import HTTPError
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.client.schemas.sorting import DeploymentSort
from prefect.exceptions import ObjectAlreadyExists, PrefectHTTPStatusError
from prefect.utilities.callables import parameter_schema
from pydantic import ValidationError

from flows import scheduled
from flows.deployments import Change, Deployment, Pool, Registered, State
from pipeline.clocks import ZONE
from pipeline.errors import PaperproofError, UserError
from pipeline.language import say

_OURS, _RETIRED = "paperproof", "retired"
_AT_ONCE = 200
"""Deployments that the server gives in one answer at most."""


class FlowServer:
    """Reads and registers deployments; errors of the server and its line are told as PaperproofError."""

    def __init__(self, client: SyncPrefectClient) -> None:
        self._client = client

    def registered(self) -> tuple[Registered, ...]:
        """Give the deployments that Paperproof registered."""
        return tuple(self._registered())

    def _registered(self) -> Iterator[Registered]:
        flows: dict[Any, str] = {}
        offset = 0
        ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[_OURS]))
        while found := self._client.read_deployments(
            deployment_filter=ours,
            sort=DeploymentSort.NAME_ASC,
            limit=_AT_ONCE,
            offset=offset,
        ):
            for one in found:
                if one.flow_id not in flows:
                    flows[one.flow_id] = self._client.read_flow(one.flow_id).name
                yield _as_registered(one, flows[one.flow_id])
            offset += len(found)

    def apply(self, changes: Iterable[Change]) -> None:
        """Make the pools where they are missing; register what is new or changed, pause what is retired."""
        for pool in Pool:
            with suppress(ObjectAlreadyExists):
                self._client.create_work_pool(WorkPoolCreate(name=pool.value, type="process"))
        for change in changes:
            if change.state is not State.UNCHANGED:
                self._register(change)

    def _register(self, change: Change) -> None:
        one, retired = change.deployment, change.state is State.RETIRED
        flow = getattr(scheduled, one.entrypoint.rpartition(".")[2])
        self._client.create_deployment(
            self._client.create_flow(flow),
            one.name,
            schedules=[DeploymentScheduleCreate(schedule=_schedule(one.cron), active=True)],
            # a run that meets its like has nothing to do: the catalog tells what is left
            concurrency_limit=1,
            concurrency_options=ConcurrencyOptions(
                collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
            ),
            parameters=dict(one.parameters),
            parameter_openapi_schema=parameter_schema(flow).model_dump(),
            work_pool_name=one.pool,
            tags=[_OURS, _RETIRED] if retired else [_OURS],
            entrypoint=one.entrypoint,
            paused=change.paused,
        )


@contextmanager
def flow_server(api: str) -> Iterator[FlowServer]:
    """Connect to the server that the surroundings name (``settings.join_prefect``)."""
    try:
        with get_client(sync_client=True) as client:
            yield FlowServer(client)
    except PrefectHTTPStatusError as error:
        raise PaperproofError(
            say(
                "The Prefect server at {api} refused ({why}); look into its log.",
                api=api,
                why=error.response.text[:300],
            )
        ) from error
    except (HTTPError, RuntimeError, OSError) as error:
        raise PaperproofError(
            say(
                "The Prefect server at {api} does not answer ({why}); start it, or name it with --api or "
                "“api” under [deploy].",
                api=api,
                why=str(error).splitlines()[0] if str(error) else type(error).__name__,
            )
        ) from error


def _schedule(cron: str) -> CronSchedule:
    try:
        return CronSchedule(cron=cron, timezone=ZONE.key)
    except ValidationError as error:
        raise UserError(
            say("“{cron}” under [deploy] is no schedule; write it like “0 20 * * *”.", cron=cron)
        ) from error


def _as_registered(one: DeploymentResponse, flow: str) -> Registered:
    """Give a deployment as it is compared; a schedule that is not as it was registered makes it another."""
    crons = [
        each.schedule.cron
        for each in one.schedules
        if each.active
        and isinstance(each.schedule, CronSchedule)
        and each.schedule.timezone == ZONE.key
    ]
    cron = crons[0] if len(crons) == len(one.schedules) == 1 else ""
    limit = one.global_concurrency_limit.limit if one.global_concurrency_limit else None
    return Registered(
        Deployment(
            flow,
            one.name,
            one.work_pool_name or "",
            cron if limit == 1 else "",
            one.parameters,
            one.entrypoint or "",
        ),
        retired=_RETIRED in one.tags,
        paused=one.paused,
    )
