"""What is registered with the flow server follows settings and branches; twice changes nothing."""

from dataclasses import replace

from flows.deploy_settings import DeploySettings
from flows.deployments import Change, Deployment, Registered, State, compare, wanted

SETTINGS = DeploySettings()


def registered(*deployments: Deployment) -> tuple[Registered, ...]:
    return tuple(Registered(one, retired=False) for one in deployments)


def states(changes: tuple[Change, ...]) -> dict[str, State]:
    return {one.deployment.full_name: one.state for one in changes if one.state != State.UNCHANGED}


def test_each_branch_is_taken_in_and_each_role_has_its_pool() -> None:
    found = {one.full_name: one for one in wanted(SETTINGS, ["3302", "3301"])}
    assert list(found)[:4] == ["take-in/3301", "take-in/3302", "read/001", "read/002"]
    assert {one.pool for one in found.values()} == {"reading", "storage", "night"}
    assert found["take-in/3302"].parameters == {"branch": "3302"}
    assert all("/" not in one.entrypoint and ":" not in one.entrypoint for one in found.values())


def test_the_second_time_nothing_changes() -> None:
    all_of_them = wanted(SETTINGS, ["3301"])
    first = compare(all_of_them, ())
    assert {one.state for one in first} == {State.NEW}
    assert states(compare(all_of_them, registered(*all_of_them))) == {}


def test_what_differs_is_changed_and_what_is_too_many_is_paused_once() -> None:
    before = wanted(SETTINGS, ["3301", "3302"])
    later = DeploySettings(close="0 21 * * *", reading_runs=3)
    after = wanted(later, ["3301"])
    assert states(compare(after, registered(*before))) == {
        "close/nightly": State.CHANGED,
        "read/003": State.NEW,
        "take-in/3302": State.RETIRED,
    }
    ended = Registered(before[1], retired=True)
    assert states(compare(before[:1], (*registered(before[0]), ended))) == {}
    assert states(compare(before[:2], (*registered(before[0]), ended))) == {
        "take-in/3302": State.CHANGED
    }, "a branch that comes back is taken in again"


def test_what_somebody_changed_at_the_server_is_put_right() -> None:
    all_of_them = wanted(SETTINGS, [])
    by_hand = replace(all_of_them[0], cron="")
    found = registered(by_hand, *all_of_them[1:])
    assert states(compare(all_of_them, found)) == {by_hand.full_name: State.CHANGED}


def test_what_somebody_paused_stays_paused_whatever_else_changes() -> None:
    before = wanted(SETTINGS, ["3301"])
    after = wanted(DeploySettings(take_in="*/5 8-19 * * *"), ["3301"])
    by_hand = Registered(before[0], retired=False, paused=True)
    first = compare(after, (by_hand, *registered(*before[1:])))[0]
    assert (first.state, first.paused) == (State.CHANGED, True)
    ended = Registered(before[0], retired=True, paused=True)
    assert not compare(before, (ended, *registered(*before[1:])))[0].paused, "a branch came back"
