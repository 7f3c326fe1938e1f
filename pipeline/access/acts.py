"""Every act that is protected, by name; what is not here nobody can ask for (CG-07a)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pipeline.language import Message, say


class Act(StrEnum):
    """A protected act; its word stands in the log, in the matrix and with every route of the web."""

    LOG_IN = "session.log_in"
    OWN_ACCOUNT = "account.own"

    STATION_VIEW = "station.view"
    PAGE_SUBMIT = "page.submit"
    PAGE_RESCAN = "page.rescan"
    SHEET_PRINT = "sheet.print"
    PAPER_REGISTER = "paper.register"
    PAPER_EXPLAIN = "paper.explain"
    HANDOVER_GIVE = "handover.give"
    ROW_CONFIRM = "row.confirm"

    PAGE_WORK = "page.work"
    TASK_VIEW = "task.view"
    TASK_CHANGE = "task.change"
    TASK_REVIEW = "task.review"
    PAGE_KEY = "page.key"
    SAMPLE_ANSWER = "sample.answer"

    HANDOVER_VIEW = "handover.view"
    HANDOVER_RECEIVE = "handover.receive"
    MISMATCH_VIEW = "mismatch.view"
    MISMATCH_EXPLAIN = "mismatch.explain"
    MISMATCH_RESOLVE = "mismatch.resolve"
    DAY_CLOSE = "day.close"
    SHELF_VIEW = "shelf.view"
    TRANSFER_GIVE = "transfer.give"
    TRANSFER_RECEIVE = "transfer.receive"
    TRANSFER_ORDER = "transfer.order"
    RETENTION_VIEW = "retention.view"
    ARCHIVE_FILE = "archive.file"
    DIGITAL_TAKE_IN = "digital.take_in"
    DIGITAL_PLACE = "digital.place"

    CUSTOMER_VIEW = "customer.view"
    PAGE_VIEW = "page.view"
    FIELD_UNMASK = "field.unmask"
    PAGE_ORIGINAL = "page.original"
    PAGE_PRINT = "page.print"
    PAPER_READ = "paper.read"
    TEXT_SEARCH = "text.search"
    EVIDENCE_MAKE = "evidence.make"

    EXPORT_MAKE = "export.make"
    EXPORT_APPROVE = "export.approve"

    ACCESS_REQUEST = "access.request"
    ACCESS_APPROVE = "access.approve"
    ACCESS_LIST = "access.list"
    ACCESS_REPORT = "access.report"

    SECRECY_SET = "secrecy.set"
    SECRECY_VIEW = "secrecy.view"
    SECRECY_ADMIT = "secrecy.admit"

    MONITOR_VIEW = "monitor.view"
    REPORT_EXPORT = "report.export"
    UPLOAD_SEND = "upload.send"
    UPLOAD_RECEIVE = "upload.receive"
    SAMPLE_DRAW = "sample.draw"
    SAMPLE_VIEW = "sample.view"
    STREAM_IMPORT = "stream.import"
    CUSTOMERS_IMPORT = "customers.import"
    PROFILE_VIEW = "profile.view"
    PROFILE_PUBLISH = "profile.publish"
    CALENDAR_IMPORT = "calendar.import"
    BRANCH_CHANGE = "branch.change"
    HOLD_CHANGE = "hold.change"

    METRICS_VIEW = "metrics.view"
    STORAGE_STATUS = "storage.status"
    STORAGE_CHANGE = "storage.change"
    CARRIER_CHANGE = "carrier.change"
    REMOVAL_APPROVE = "removal.approve"
    DESTRUCTION_LIST = "destruction.list"
    DESTRUCTION_OPINION = "destruction.opinion"
    DESTRUCTION_DECIDE = "destruction.decide"
    DESTRUCTION_SUPERVISE = "destruction.supervise"
    DESTRUCTION_CARRY_OUT = "destruction.carry_out"
    DESTRUCTION_VERIFY = "destruction.verify"
    DESTRUCTION_VIEW = "destruction.view"
    SETTINGS_VIEW = "settings.view"
    SETTINGS_CHANGE = "settings.change"
    ACCOUNT_LIST = "account.list"
    ACCOUNT_ADD = "account.add"
    ACCOUNT_CHANGE = "account.change"
    FACTOR_RESET = "account.factor"
    TOKEN_CHANGE = "account.token"  # noqa: S105 - the name of an act

    STAFF_VIEW = "staff.view"
    STAFF_APPOINT = "staff.appoint"
    ADMIN_APPOINT = "admin.appoint"

    AUDIT_READ = "audit.read"
    AUDIT_VERIFY = "audit.verify"
    AUDIT_SIGN = "audit.sign"


ACTS: Mapping[Act, Message] = {
    Act.LOG_IN: say("Log in, and the pages before it"),
    Act.OWN_ACCOUNT: say("Own account: log out, password, second factor"),
    Act.STATION_VIEW: say("See the scan station's day"),
    Act.PAGE_SUBMIT: say("Bring scans in"),
    Act.PAGE_RESCAN: say("Scan a page again"),
    Act.SHEET_PRINT: say("Print covers and separators"),
    Act.PAPER_REGISTER: say("Register papers"),
    Act.PAPER_EXPLAIN: say("Say why papers have no image"),
    Act.HANDOVER_GIVE: say("Hand papers over"),
    Act.ROW_CONFIRM: say("Confirm rows against their papers"),
    Act.PAGE_WORK: say("See pages of the work in hand"),
    Act.TASK_VIEW: say("See capture tasks"),
    Act.TASK_CHANGE: say("Change capture tasks"),
    Act.TASK_REVIEW: say("Review what was captured"),
    Act.PAGE_KEY: say("Key values"),
    Act.SAMPLE_ANSWER: say("Answer the blind sample"),
    Act.HANDOVER_VIEW: say("See hand-overs"),
    Act.HANDOVER_RECEIVE: say("Take hand-overs into store"),
    Act.MISMATCH_VIEW: say("See discrepancies"),
    Act.MISMATCH_EXPLAIN: say("Explain discrepancies"),
    Act.MISMATCH_RESOLVE: say("Resolve discrepancies"),
    Act.DAY_CLOSE: say("Close a day"),
    Act.SHELF_VIEW: say("See the shelf list"),
    Act.TRANSFER_GIVE: say("Hand papers over to another branch"),
    Act.TRANSFER_RECEIVE: say("Accept papers of another branch"),
    Act.TRANSFER_ORDER: say("Order transfers where branches merge or split"),
    Act.RETENTION_VIEW: say("See how long papers and images must stay"),
    Act.ARCHIVE_FILE: say("File and move papers"),
    Act.DIGITAL_TAKE_IN: say("Take born-digital packages in"),
    Act.DIGITAL_PLACE: say("Enter where a film lies"),
    Act.CUSTOMER_VIEW: say("See a customer's archive"),
    Act.PAGE_VIEW: say("See a customer's page"),
    Act.FIELD_UNMASK: say("See sensitive fields in full"),
    Act.PAGE_ORIGINAL: say("Take a page's master file"),
    Act.PAGE_PRINT: say("Print or copy a page"),
    Act.PAPER_READ: say("Read papers in the reading room"),
    Act.TEXT_SEARCH: say("Search the whole texts"),
    Act.EVIDENCE_MAKE: say("Make an evidence pack"),
    Act.EXPORT_MAKE: say("Ask for packages that leave, and make them"),
    Act.EXPORT_APPROVE: say("Decide on packages that leave"),
    Act.ACCESS_REQUEST: say("Apply for access"),
    Act.ACCESS_APPROVE: say("Decide on access requests"),
    Act.ACCESS_LIST: say("See all access requests and grants"),
    Act.ACCESS_REPORT: say("See the access reports"),
    Act.SECRECY_SET: say("Raise and lower levels of secrecy"),
    Act.SECRECY_VIEW: say("See levels of secrecy and who may know them"),
    Act.SECRECY_ADMIT: say("Keep the access lists of the levels of secrecy"),
    Act.MONITOR_VIEW: say("See the monitor of branches"),
    Act.REPORT_EXPORT: say("Export reports"),
    Act.UPLOAD_SEND: say("Send a month to headquarters"),
    Act.UPLOAD_RECEIVE: say("Accept or refuse what branches send"),
    Act.SAMPLE_DRAW: say("Draw the blind sample"),
    Act.SAMPLE_VIEW: say("See the blind sample's results"),
    Act.STREAM_IMPORT: say("Import the transaction stream"),
    Act.CUSTOMERS_IMPORT: say("Import customers"),
    Act.PROFILE_VIEW: say("See profile and scan parameters"),
    Act.PROFILE_PUBLISH: say("Publish a profile"),
    Act.CALENDAR_IMPORT: say("Import calendar notices"),
    Act.BRANCH_CHANGE: say("Register and end branches"),
    Act.HOLD_CHANGE: say("Set and lift legal holds"),
    Act.METRICS_VIEW: say("See metrics and alerts"),
    Act.STORAGE_STATUS: say("See the storage's state"),
    Act.STORAGE_CHANGE: say("Change stores and copies"),
    Act.CARRIER_CHANGE: say("Enter, move and withdraw carriers"),
    Act.REMOVAL_APPROVE: say("Approve that copies are removed"),
    Act.DESTRUCTION_LIST: say("List what is to be destroyed"),
    Act.DESTRUCTION_OPINION: say("Say what a department thinks of a destruction"),
    Act.DESTRUCTION_DECIDE: say("Enter the committee's decision on a destruction"),
    Act.DESTRUCTION_SUPERVISE: say("Watch a destruction"),
    Act.DESTRUCTION_CARRY_OUT: say("Carry a destruction out"),
    Act.DESTRUCTION_VERIFY: say("Verify a destruction"),
    Act.DESTRUCTION_VIEW: say("See the register of destruction"),
    Act.SETTINGS_VIEW: say("See settings"),
    Act.SETTINGS_CHANGE: say("Change settings"),
    Act.ACCOUNT_LIST: say("See accounts"),
    Act.ACCOUNT_ADD: say("Add accounts"),
    Act.ACCOUNT_CHANGE: say("Lock, unlock, reset and end accounts"),
    Act.FACTOR_RESET: say("Take a lost second factor away"),
    Act.TOKEN_CHANGE: say("Make and end machines' tokens"),
    Act.STAFF_VIEW: say("See the staff register"),
    Act.STAFF_APPOINT: say("Appoint people to roles"),
    Act.ADMIN_APPOINT: say("Appoint administrators"),
    Act.AUDIT_READ: say("Read the audit trail"),
    Act.AUDIT_VERIFY: say("Verify the audit trail"),
    Act.AUDIT_SIGN: say("Sign the audit trail"),
}
