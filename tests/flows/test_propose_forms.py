"""Forms that propose themselves, from pages in the archive to the next page that is read by zones."""

from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.forms import FormState
from flows.admit_page import Intake
from flows.forms import forms_in_use
from flows.parts import Parts
from flows.propose_forms import propose_forms
from flows.readers import reading_pool
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.forms.model import FormModel
from pipeline.model import Batch

from .conftest import Silent


def form(name: str, version: int = 1) -> FormModel:
    return FormModel(name, version, 210, 148, (), (), (name,), "")


def test_what_is_retired_is_in_use_no_more(parts: Parts) -> None:
    forms = parts.catalog.forms
    forms.propose("1", ["a"], form("proposal"), 8, "wang")
    own = [form("hand-kept"), form("slip", 2)]
    assert forms_in_use(own, forms.all()) == tuple(own)
    forms.confirm("1", form("slip", 3), "li")
    assert forms_in_use(own, forms.all()) == (form("hand-kept"), form("slip", 3))
    forms.retire("1", form("slip", 3), "li")
    forms.retire("2", form("hand-kept"), "li")
    assert forms_in_use(own, forms.all()) == ()
    assert forms_in_use([form("hand-kept", 2)], forms.all()) == (form("hand-kept", 2),)


@pytest.mark.slow
def test_pages_that_agree_propose_their_form_and_a_person_confirms_it(
    parts: Parts,
    stores: Stores,
    intake: Intake,
    batch: Batch,
    voucher: Callable[[int], bytes],
    tmp_path: Path,
    progress: Silent,
) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(1, 5):
        (folder / f"{number}.jpg").write_bytes(voucher(number))
    with reading_pool(parts) as readers:
        take_in(Intake(parts, stores, intake.opener, readers), folder, batch, progress)
    (proposed,) = propose_forms(parts, stores, "tester")
    assert proposed.state is FormState.PROPOSED and len(proposed.pages) == 4
    assert proposed.form is not None and proposed.values >= 4 * 6
    assert propose_forms(parts, stores, "tester") == (), "the same pages are not spent twice"
    assert parts.forms == ()
    parts.catalog.forms.confirm(proposed.id, form_named(proposed.form, "slip"), "li")
    with reading_pool(parts) as readers:
        assert readers.submit(voucher(9)).result().form == "slip"
        assert readers.any_known([voucher(9)])


def form_named(one: FormModel, name: str) -> FormModel:
    return FormModel(**{**{k: getattr(one, k) for k in one.__dataclass_fields__}, "name": name})
