"""The report's fixed words: exception classes, voucher fields, verdicts, roles."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.balance import DiscrepancyKind
from pipeline.language import Message, say

KINDS: Mapping[DiscrepancyKind, Message] = {
    DiscrepancyKind.MISSING_IMAGE: say("Transaction without page"),
    DiscrepancyKind.WRONG_TYPE: say("Paper not asked for"),
    DiscrepancyKind.NO_TASK_DEFINITION: say("Business not in the profile"),
    DiscrepancyKind.UNKNOWN_CUSTOMER: say("Customer not in the master"),
    DiscrepancyKind.WRONG_CUSTOMER: say("Customer differs from the master"),
    DiscrepancyKind.SURPLUS_IMAGE: say("Page without transaction"),
    DiscrepancyKind.FIELD_MISMATCH: say("Fields differ"),
    DiscrepancyKind.DUPLICATE: say("Scanned twice"),
    DiscrepancyKind.QUALITY_REJECT: say("Refused at admission"),
    DiscrepancyKind.UNREADABLE: say("Could not be read"),
    DiscrepancyKind.PAGE_CHECK: say("Page to look at"),
    DiscrepancyKind.BLANK: say("Blank page"),
    DiscrepancyKind.PAPER_WITHOUT_IMAGE: say("Paper without image"),
    DiscrepancyKind.MISSING_PAPER: say("Image without registered paper"),
}
"""In the order in which an archivist works them: what may be lost first, what is merely idle last."""

COUNTS: Mapping[str, Message] = {
    "images": say("Images"),
    "matched_images": say("Matched"),
    "surplus": KINDS[DiscrepancyKind.SURPLUS_IMAGE],
    "duplicate": KINDS[DiscrepancyKind.DUPLICATE],
    "blank": KINDS[DiscrepancyKind.BLANK],
    "sheets": say("Separators and covers"),
    "rejected": KINDS[DiscrepancyKind.QUALITY_REJECT],
    "transactions": say("Transactions"),
    "matched": say("Matched"),
    "missing": KINDS[DiscrepancyKind.MISSING_IMAGE],
    "no_paper_due": say("No paper due"),
    "tasks": say("Capture tasks"),
    "tasks_captured": say("Captured"),
    "tasks_shared": say("Shared"),
    "tasks_missing": say("Paper missing"),
    "tasks_electronic": say("Electronic"),
    "tasks_optional": say("Optional, not in"),
    "tasks_void": say("Void"),
    "unconfirmed": say("Rows not confirmed"),
    "papers": say("Papers registered"),
    "imaged_papers": say("With an image"),
    "explained_papers": say("Explained"),
    "papers_without_image": KINDS[DiscrepancyKind.PAPER_WITHOUT_IMAGE],
    "field_mismatch": KINDS[DiscrepancyKind.FIELD_MISMATCH],
    "unreadable": KINDS[DiscrepancyKind.UNREADABLE],
    "page_check": KINDS[DiscrepancyKind.PAGE_CHECK],
    "to_key": say("Fields to be keyed"),
    "keyed": say("Fields keyed"),
    "given_up": say("Fields nobody could read"),
    "late_capture": say("Pages captured late"),
    "late_review": say("Tasks reviewed late"),
    "over_papers": KINDS[DiscrepancyKind.MISSING_PAPER],
    "left": say("Left to people"),
}

FIELDS: Mapping[str, Message] = {
    "Q01": say("Opens and format (Q01)"),
    "Q02": say("Resolution (Q02)"),
    "Q03": say("Colour mode (Q03)"),
    "Q04": say("Bytes a page (Q04)"),
    "Q05": say("Paper size (Q05)"),
    "Q06": say("Orientation (Q06)"),
    "Q07": say("Skew (Q07)"),
    "Q08": say("Margins (Q08)"),
    "Q09": say("Sharpness and contrast (Q09)"),
    "Q10": say("Ink on the page (Q10)"),
    "Q11": say("Number of pages, papers in an image (Q11)"),
    "Q12": say("Repeated page (Q12)"),
    "Q18": say("Copies in the stores (Q18)"),
    "Q13": say("Enlarged image (Q13)"),
    "Q15": say("Amount in figures and words (Q15)"),
    "Q16": say("Identity number (Q16)"),
    "Q17": say("Signature and stamp (Q17)"),
    "serial_no": say("Serial number"),
    "customer_no": say("Customer number"),
    "customer_name": say("Customer name"),
    "fund_account": say("Fund account"),
    "business_name": say("Business"),
    "business_code": say("Business code"),
    "amount": say("Amount"),
    "currency": say("Currency"),
    "business_date": say("Business date"),
    "occur_at": say("Time booked"),
    "channel": say("Channel"),
    "teller_no": say("Teller"),
    "handling_branch": say("Handling branch"),
    "owner_branch": say("Owner branch"),
    "id_type": say("Kind of identity document"),
    "id_no": say("Number of the identity document"),
    "reviewer_no": say("Reviewer"),
    "customer_signature": say("Customer's signature"),
    "business_stamp": say("Business stamp"),
    "voucher_count": say("Number of vouchers"),
    "document_type": say("Document type"),
    "first_page": say("Scanned first"),
    "papers": COUNTS["papers"],
    "imaged_papers": COUNTS["imaged_papers"],
    "explained_papers": COUNTS["explained_papers"],
}
"""Names of the values on both sides, in the order shown: page checks (Q01 to Q13), stream columns, others."""

ON_THE_PAGE = say("Read on paper")
EXPECTED = say("Booked in the stream")

SIDES: Mapping[DiscrepancyKind, tuple[Message, Message]] = {
    DiscrepancyKind.QUALITY_REJECT: (say("Measured or read"), say("Required")),
    DiscrepancyKind.DUPLICATE: (ON_THE_PAGE, say("Page in hand")),
    DiscrepancyKind.PAGE_CHECK: (say("Measured or read"), say("Required")),
    DiscrepancyKind.PAPER_WITHOUT_IMAGE: (say("In the archive"), COUNTS["papers"]),
    DiscrepancyKind.MISSING_PAPER: (say("In the archive"), COUNTS["papers"]),
}
"""What the two sides hold where it is not the paper's values against the booked ones."""

HOW: Mapping[str, Message] = {
    "serial": say("by serial"),
    "fields": say("by fields"),
    "customer": say("by customer"),
}

VERDICTS: Mapping[str, Message] = {
    "agrees": say("agrees"),
    "near": say("nearly agrees"),
    "differs": say("differs"),
    "not_read": say("not read"),
    "not_expected": say("not booked"),
}

DOUBTS: Mapping[str, Message] = {
    "words_differ_from_figures": say("The amount in words differs from the amount in figures."),
    "words_not_read": say("The amount in words could not be read; compare it with the figures."),
    "two_serials": say(
        "Two codes with different serial numbers stand on this page, as when two sheets went through "
        "the scanner together; look whether a page is hidden."
    ),
    "code_differs_from_print": say(
        "The serial number of the code is another than the printed one; look at the page."
    ),
    "serial_of_another_day": say(
        "The date in the serial number is another than the printed date; look which of them holds."
    ),
    "turned": say("This page was scanned upside down or on its side; it was turned to be read."),
    "mirrored": say(
        "This page is mirrored, so nothing was taken from it; set the scanner right and scan it again."
    ),
    "two_pages": say(
        "Two pages lie in this one scan, so nothing was taken from it; scan each of them alone."
    ),
    "part_missing": say(
        "A part of this form is not in the scan, as when a page is cut or a corner folded; scan it again."
    ),
    "written_over": say(
        "Something is written by hand across a value of this page; key that value from the paper."
    ),
    "other_form": say("This page is of no form that is known, so it was read as a whole."),
    "not_opened": say("The page could not be opened for reading; key its fields from the paper."),
    "no_copy": say(
        "No store gives a good copy of this page; have the copies verified, else scan its paper again."
    ),
    "reader_died": say(
        "The program that read this page ended twice without a result; key its fields from the paper."
    ),
    "reader_too_slow": say(
        "Reading this page took too long, twice, and was stopped; key its fields from the paper."
    ),
    "reader_out_of_memory": say(
        "Reading this page took too much memory, twice, and was stopped; key its fields from the paper."
    ),
    "reader_failed": say(
        "This page could not be read, tried twice; key its fields from the paper."
    ),
}
"""Why a person should look at a page, by the doubts of ``pipeline`` and ``flows.reading_process``."""


def sides(kind: DiscrepancyKind) -> tuple[Message, Message]:
    """Return what the two columns of values are headed with."""
    return SIDES.get(kind, (ON_THE_PAGE, EXPECTED))


def told(words: Mapping[str, Message], code: str, lang: str) -> str:
    """Return the words for ``code``, or the code itself where a newer part uses one not known here."""
    known = words.get(code)
    return known.in_language(lang) if known else code
