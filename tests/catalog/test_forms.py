"""What becomes of a form in the catalog: proposed once, decided once, never deleted, every act logged."""

from dataclasses import replace

import pytest

from catalog.catalog import Catalog
from catalog.forms import FormState
from catalog.log import entries
from pipeline.errors import UserError
from pipeline.forms.model import FormModel

FORM = FormModel("proposal-1", 1, 210, 148, (), (), ("a", "b"), "")
SLIP = replace(FORM, name="slip")


def state(catalog: Catalog) -> list[tuple[str, FormState]]:
    return [(one.id, one.state) for one in catalog.forms.all()]


def acts(catalog: Catalog) -> list[tuple[str, str]]:
    with catalog._engine.connect() as connection:
        return [(entry.body["who"], entry.body["act"]) for entry in entries(connection)]


def test_the_same_pages_propose_once(catalog: Catalog) -> None:
    assert catalog.forms.propose("1", ["a", "b", "c"], FORM, 8, "wang")
    assert not catalog.forms.propose("1", ["a", "b", "c"], FORM, 8, "wang")
    assert catalog.forms.propose("2", ["d"], None, 0, "wang")
    first, second = catalog.forms.all()
    assert (first.form, first.pages, first.values) == (FORM, ("a", "b", "c"), 8)
    assert (second.form, second.state) == (None, FormState.UNPROVED)
    assert acts(catalog) == [("wang", "form.proposed"), ("wang", "form.unproved")]


def test_a_proposal_is_decided_once(catalog: Catalog) -> None:
    for number in "12":
        catalog.forms.propose(number, [number], FORM, 8, "wang")
    catalog.forms.confirm("1", SLIP, "li")
    catalog.forms.refuse("2", "li")
    for number in "123":
        with pytest.raises(UserError, match="no open proposal"):
            catalog.forms.refuse(number, "li")
        with pytest.raises(UserError, match="no open proposal"):
            catalog.forms.confirm(number, SLIP, "li")
    assert state(catalog) == [("1", FormState.CONFIRMED), ("2", FormState.REFUSED)]
    assert [one.form for one in catalog.forms.all()] == [SLIP, FORM]
    assert acts(catalog)[2:] == [("li", "form.confirmed"), ("li", "form.refused")]
    assert catalog.first_broken_log_entry() is None


def test_a_form_is_retired_and_kept_whether_it_was_proposed_or_not(catalog: Catalog) -> None:
    catalog.forms.propose("1", ["a"], FORM, 8, "wang")
    catalog.forms.confirm("1", SLIP, "li")
    catalog.forms.retire("1", SLIP, "li")
    catalog.forms.retire("9", replace(SLIP, name="hand-kept"), "li")
    assert state(catalog) == [("1", FormState.RETIRED), ("9", FormState.RETIRED)]
    assert [one.form.name for one in catalog.forms.all() if one.form] == ["slip", "hand-kept"]
