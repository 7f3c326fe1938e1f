"""Lists for neighbouring systems: their order."""

from pipeline.system_list import Row, in_order


def test_pages_stand_by_number_and_customers_as_in_all_lists() -> None:
    rows: list[Row] = [
        {"branch": "3301", "customer_no": customer, "page_no": number}
        for customer, number in (("685147341505", 1), ("8147186905", 10), ("8147186905", 2))
    ]
    ordered = in_order(rows, "customer_no", "page_no")
    assert [(one["customer_no"], one["page_no"]) for one in ordered] == [
        ("8147186905", 2),
        ("8147186905", 10),
        ("685147341505", 1),
    ]
