"""Three voucher forms (凭证格式), as three printing shops would make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.model import FieldName
from pipeline.specimens.ink import BLACK, Colour
from pipeline.specimens.marks import CODE128, QR
from pipeline.specimens.people import FIRM
from pipeline.specimens.sheet import A4, A5_LANDSCAPE, Paper, Sheet
from pipeline.specimens.vouchers import PrintedVoucher

F = FieldName


@dataclass(frozen=True)
class Form:
    """A voucher form."""

    name: str
    paper: Paper
    labels: Mapping[FieldName, str]
    """What the form calls each voucher field."""
    fill: Callable[[Sheet, PrintedVoucher, Mapping[FieldName, str]], None]
    """Prints the form and types the voucher's values on it."""
    codes_at: Mapping[str, tuple[float, float]]
    """Upper left corner of each kind of code, mm."""
    signed_at: tuple[float, float]
    """Left end of the customer's signature on its base line, mm."""
    ink: Colour = BLACK
    needles: bool = False


# ---------------------------------------------------------------- the ruled form

_CLAUSES = (
    "一、本人（本单位）已阅读并知悉上述业务的规则与风险，所填内容由本人核对无误。",
    "二、受理单一式两联，第一联随当日业务凭证归档，第二联交客户留存。",
    "三、办理结果以登记结算系统记载为准；如有疑问，请于三个交易日内向受理营业部查询。",
    "四、受理过程中采集的影像与本单具有同等效力，保管期限按档案管理办法执行。",
)
_ROWS: tuple[tuple[FieldName | str, ...], ...] = (
    (F.CUSTOMER_NO, F.CUSTOMER_NAME),
    (F.FUND_ACCOUNT, "证件类型"),
    ("证件号码", "受理渠道"),
    (F.BUSINESS_NAME, F.BUSINESS_DATE),
    (F.AMOUNT, "币种"),
    ("金额大写",),
    ("经办柜员", "凭证张数"),
    ("备注",),
)


def _extras(voucher: PrintedVoucher) -> dict[str, str]:
    return {
        "证件类型": voucher.id_type,
        "证件号码": voucher.id_no,
        "受理渠道": "柜台临柜",
        "币种": "人民币",
        "金额大写": voucher.words,
        "经办柜员": voucher.teller_no,
        "凭证张数": "1",
        "备注": "无",
    }


def _fill_ruled(sheet: Sheet, voucher: PrintedVoucher, labels: Mapping[FieldName, str]) -> None:
    sheet.label(105, 33, "证券客户业务受理单", 6.6, bold=True, anchor="ms")
    sheet.rule(70, 36.5, 140, 36.5, 0.5)
    sheet.label(22, 47, labels[F.SERIAL_NO] + "：")
    sheet.type(39, 47, voucher.values[F.SERIAL_NO], field=F.SERIAL_NO)
    sheet.label(118, 47, "营业部：")
    sheet.type(134.5, 47, voucher.branch_name)
    top, height, left, right = 52.0, 11.0, 20.0, 190.0
    for row, cells in enumerate(_ROWS):
        y = top + row * height
        sheet.rule(left, y, right, y)
        for column, cell in enumerate(cells):
            _fill_cell(sheet, voucher, labels, cell, left + 85 * column, y, height)
    bottom = top + len(_ROWS) * height
    sheet.rule(left, bottom, right, bottom)
    for x in (left, right):
        sheet.rule(x, top, x, bottom, 0.45)
    sheet.label(20, bottom + 12, "客户声明", 4, bold=True)
    for line, clause in enumerate(_CLAUSES):
        sheet.label(22, bottom + 21 + 8 * line, clause, 3.3)
    _sign_offs(sheet, voucher, 215)


def _fill_cell(
    sheet: Sheet,
    voucher: PrintedVoucher,
    labels: Mapping[FieldName, str],
    cell: FieldName | str,
    x: float,
    y: float,
    height: float,
) -> None:
    field = cell if isinstance(cell, FieldName) else None
    for edge in (x, x + 24):
        sheet.rule(edge, y, edge, y + height)
    sheet.label(x + 3, y + 7, labels[field] if field else cell)
    text = voucher.values[field] if field else _extras(voucher)[cell]
    sheet.type(x + 27, y + 7, text, field=field)


def _sign_offs(sheet: Sheet, voucher: PrintedVoucher, y: float) -> None:
    sheet.label(22, y, "客户签名：")
    sheet.rule(41, y + 1.2, 84, y + 1.2)
    sheet.label(95, y, "经办：")
    sheet.type(107, y, voucher.teller_name)
    sheet.label(140, y, "复核：")
    sheet.type(152, y, voucher.reviewer_name)
    sheet.rule(20, 276, 190, 276)
    sheet.label(20, 281, f"{FIRM}  第一联 归档联", 2.8)
    sheet.label(190, 281, "第1页 共1页", 2.8, anchor="rs")


# ---------------------------------------------------------------- the underlined form


def _fill_underlined(
    sheet: Sheet, voucher: PrintedVoucher, labels: Mapping[FieldName, str]
) -> None:
    sheet.label(24, 28, FIRM, 3.6)
    sheet.label(24, 38, "客户资金业务凭条", 7, bold=True)
    sheet.rule(22, 43, 188, 43, 0.6)
    sheet.rule(22, 44.4, 188, 44.4)
    entries: tuple[tuple[FieldName | str, str], ...] = (
        *((field, voucher.values[field]) for field in labels),
        ("大写金额", voucher.words),
        ("受理网点", voucher.branch_name),
        ("证件号码", voucher.id_no),
        ("资金用途", "证券交易结算资金"),
    )
    for line, (name, text) in enumerate(entries):
        y = 57 + 11.5 * line
        field = name if isinstance(name, FieldName) else None
        sheet.label(24, y, (labels[field] if field else name) + "：", 4)
        sheet.rule(56, y + 1.8, 130 if line < 2 else 186, y + 1.8, 0.15)
        sheet.type(58, y, text, 4, field=field)
    sheet.label(24, 193, "本人确认以上内容与所办业务一致，并授权贵司按约定方式划转资金。", 3.4)
    sheet.label(24, 201, "凭条打印后涂改无效；请妥善保管客户联，以备核对。", 3.4)
    sheet.label(24, 222, "客户签字：", 4)
    sheet.label(110, 222, "柜员：", 4)
    sheet.type(124, 222, f"{voucher.teller_no} {voucher.teller_name}", 4)
    sheet.label(110, 234, "授权：", 4)
    sheet.type(124, 234, voucher.reviewer_name, 4)
    sheet.label(105, 280, "业务留存联", 3, anchor="ms")


# ---------------------------------------------------------------- the slip of the needle printer


def _fill_slip(sheet: Sheet, voucher: PrintedVoucher, labels: Mapping[FieldName, str]) -> None:
    sheet.label(105, 20, "证券资金业务回单", 6, bold=True, anchor="ms")
    sheet.label(192, 20, "留存联", 3.2, anchor="rs")
    for y in (25.0, 38.0, 107.0):
        sheet.rule(16, y, 194, y, 0.3)
    for x in (16.0, 194.0):
        sheet.rule(x, 25, x, 107, 0.3)
    size = 3.4
    for field, x, y in (
        (F.SERIAL_NO, 20, 33),
        (F.BUSINESS_DATE, 122, 33),
        (F.CUSTOMER_NO, 20, 48),
        (F.FUND_ACCOUNT, 112, 48),
        (F.CUSTOMER_NAME, 20, 58),
        (F.BUSINESS_NAME, 112, 58),
        (F.AMOUNT, 20, 70),
    ):
        sheet.type(x, y, labels[field] + "：", size)
        sheet.type(x + 4.3 + len(labels[field]) * size, y, voucher.values[field], size, field)
    sheet.type(112, 70, "币种： 人民币", size)
    sheet.type(20, 80, f"大写： {voucher.words}", size)
    sheet.type(20, 90, f"网点： {voucher.branch_name}", size)
    sheet.type(112, 90, f"柜员： {voucher.teller_no}", size)
    sheet.type(20, 100, "摘要： 客户结算资金划转", size)
    sheet.label(20, 124, "客户签名", 3.4)
    sheet.label(112, 124, "复核", 3.4)
    sheet.type(123, 124, voucher.reviewer_name, size)
    sheet.label(16, 139, "本回单为机打凭证，手写无效。", 2.8)


RULED = Form(
    name="ruled",
    paper=A4,
    labels={
        F.SERIAL_NO: "流水号",
        F.CUSTOMER_NO: "客户编号",
        F.CUSTOMER_NAME: "客户名称",
        F.FUND_ACCOUNT: "资金账号",
        F.BUSINESS_NAME: "业务类型",
        F.BUSINESS_DATE: "日期",
        F.AMOUNT: "金额小写",
    },
    fill=_fill_ruled,
    codes_at={CODE128: (22, 11), QR: (166, 16)},
    signed_at=(44, 215),
)
UNDERLINED = Form(
    name="underlined",
    paper=A4,
    labels={
        F.BUSINESS_DATE: "交易日期",
        F.SERIAL_NO: "业务流水号",
        F.CUSTOMER_NO: "客户号",
        F.CUSTOMER_NAME: "客户名称",
        F.FUND_ACCOUNT: "资金帐户",
        F.BUSINESS_NAME: "业务种类",
        F.AMOUNT: "交易金额",
    },
    fill=_fill_underlined,
    codes_at={CODE128: (136, 26), QR: (164, 49)},
    signed_at=(46, 222),
    ink=Colour(40, 44, 70),
)
SLIP = Form(
    name="slip",
    paper=A5_LANDSCAPE,
    labels={
        F.SERIAL_NO: "凭证流水号",
        F.BUSINESS_DATE: "业务日期",
        F.CUSTOMER_NO: "客户编号",
        F.FUND_ACCOUNT: "资金账号",
        F.CUSTOMER_NAME: "户名",
        F.BUSINESS_NAME: "业务类型",
        F.AMOUNT: "发生金额",
    },
    fill=_fill_slip,
    codes_at={CODE128: (20, 9), QR: (166, 112)},
    signed_at=(38, 124),
    ink=Colour(34, 92, 78),
    needles=True,
)
FORMS = (RULED, UNDERLINED, SLIP)
