"""Printed labels of voucher fields: which word names which field, and which only look alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rapidfuzz.distance import Levenshtein

from pipeline.model import FieldName


class Other(StrEnum):
    """Labels that name no voucher field."""

    WORDS = "words"
    """The amount in words, which proves the figures (Q15)."""
    IDENTITY = "identity"
    """The customer's identity number (Q16)."""
    FOREIGN = "foreign"
    """Another party's or another kind of value: never taken, and where it stands a value ends."""


Meaning = FieldName | Other

# The first synonym of a field is believed before the later ones.
LABELS: Mapping[Meaning, Sequence[str]] = {
    FieldName.SERIAL_NO: (
        *("业务流水号", "交易流水号", "凭证流水号", "流水号", "流水编号", "流水号码", "柜台流水号"),
        *("柜面流水号", "业务流水", "交易流水", "核心流水号", "系统流水号", "流水"),
    ),
    FieldName.CUSTOMER_NO: ("客户编号", "客户号", "客户代码", "客户号码", "客户编码", "客户代号"),
    FieldName.FUND_ACCOUNT: (
        *("资金账号", "资金帐号", "资金账户", "资金帐户", "客户资金账号", "资金账户号", "资金账号码"),
        *("资金号",),
    ),
    FieldName.CUSTOMER_NAME: (
        *("客户名称", "客户姓名", "客户户名", "客户全称", "投资者名称", "投资者姓名", "账户名称"),
        *("户名", "姓名"),
    ),
    FieldName.BUSINESS_NAME: (
        *("业务类型", "业务名称", "业务种类", "业务类别", "业务品种", "交易类型", "交易种类"),
        *("交易名称", "交易类别", "办理业务"),
    ),
    FieldName.AMOUNT: (
        *("金额小写", "小写金额", "交易金额小写", "发生金额小写", "交易金额", "发生金额", "小写"),
        *("人民币小写", "金额元", "金额",),
    ),
    FieldName.BUSINESS_DATE: (
        *("业务日期", "交易日期", "受理日期", "办理日期", "发生日期", "记账日期", "日期"),
    ),
    Other.WORDS: (
        *("金额大写", "大写金额", "交易金额大写", "发生金额大写", "人民币大写", "合计大写", "大写"),
    ),
    Other.IDENTITY: (
        *("证件号码", "证件号", "公民身份号码", "身份证号码", "身份证号", "身份证件号码"),
    ),
    Other.FOREIGN: (
        *("对方账号", "对方户名", "对方客户名称", "证件类型", "证件种类"),
        *("联系电话", "联系地址", "手机号码", "电话", "股东账号", "股东账户", "股东代码"),
        *("证券账号", "证券账户", "基金账号", "基金账户", "理财账号", "信用账号", "银行账号", "银行卡号"),
        *("收款账号", "付款账号", "收款人", "付款人", "收款户名", "付款户名", "账号", "帐号", "全称"),
        *("收款方", "付款方", "收款单位", "付款单位", "汇款人", "汇款单位", "转入方", "转出方", "持票人"),
        *("出票人", "借方户名", "贷方户名", "借方账号", "贷方账号", "转入账号", "转出账号", "转入户名"),
        *("转出户名", "名称", "卡号", "收款行", "付款行", "汇入行", "汇出行", "行名", "开户行名称"),
        *("开户行", "开户银行", "收款开户行", "付款开户行", "存管银行", "开户网点", "受理网点", "网点"),
        *("营业部", "受理营业部", "所属营业部", "机构", "机构名称", "打印机构", "交易机构", "柜员"),
        *("经办人", "经办柜员", "授权柜员", "复核柜员", "打印柜员", "交易柜员", "操作员", "经办"),
        *("复核", "复核人", "复核员", "授权", "授权人", "代理人", "代办人", "代理人姓名", "经办人姓名"),
        *("客户签名", "客户签字", "客户签章", "客户签字确认", "客户经理", "客户类型", "客户类别"),
        *("客户声明", "账户类型", "打印日期", "打印时间", "生成时间", "交易时间", "业务时间", "交割日期"),
        *("开户日期", "出生日期", "有效日期", "有效期", "签约日期", "签署日期", "到期日期", "起息日期"),
        *("生效日期", "委托日期", "币种", "币别", "受理渠道", "渠道", "备注", "摘要", "交易摘要", "用途"),
        *("资金用途", "附言", "凭证张数", "凭证种类", "凭证号码", "凭证编号", "结算方式", "业务编号"),
        *("业务代码", "相关编号", "回单编号", "打印卡号", "补打次数", "合同编号", "协议编号"),
        *("序号", "证券代码", "证券名称", "产品代码", "产品名称", "数量", "价格", "成交价格"),
        *("成交金额", "成交数量", "成交日期", "手续费", "佣金", "印花税", "过户费", "交易余额"),
        *("账户余额", "资金余额", "可用余额", "可用金额", "可取金额", "冻结金额", "清算金额", "余额"),
        *("原流水号", "原业务流水号", "冲正流水号", "原交易日期", "原交易金额", "委托编号"),
    ),
}  # fmt: skip

_FOREIGN_BEFORE = (
    "(?:对方|[收付汇]款(?:人|方|单位)?|转入方?|转出方?|借方|贷方|出票人|持票人|代理人|经办人"
    "|原|被冲正|预约|开户|单位)"
)
_LEAD = re.compile(r"[\s*#·•◆■□☐№>|_-]*(?:[(]?[0-9一二三四五六七八九十]{1,2}[)、.]\s*)?")
_HEAD = re.compile(r"[^\s:\d¥|]+")
_COLON = re.compile(r"\s*[:;]")
_FUZZY_LENGTH = 4
_LONGEST_LABEL = 9


@dataclass(frozen=True)
class LabelHit:
    """A label found in a line of text: its meaning and where it stands."""

    meaning: Meaning
    rank: int
    """0 for the field's first synonym."""
    start: int
    end: int
    """Behind the label and its colon."""
    exact: bool
    """False where one character was misread."""
    label: str
    """The label meant, without signs and blanks, with what makes it foreign: 付款人账号."""


@dataclass(frozen=True)
class LabelBook:
    """Finds labels in text that ``values.half_width`` has prepared."""

    labels: Mapping[Meaning, Sequence[str]] = field(default_factory=lambda: LABELS)
    _known: dict[str, tuple[Meaning, int]] = field(init=False, repr=False)
    _pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        known = {
            label: (meaning, rank)
            for meaning, synonyms in self.labels.items()
            for rank, label in enumerate(synonyms)
        }
        spelled = sorted(map(_spelled, known), key=len, reverse=True)
        pattern = (
            rf"(?P<foreign>{_FOREIGN_BEFORE})?\(?(?P<label>{'|'.join(spelled)})(?P<colon>\s*[:;])?"
        )
        object.__setattr__(self, "_known", known)
        object.__setattr__(self, "_pattern", re.compile(pattern))

    def find(self, text: str) -> tuple[LabelHit, ...]:
        """Return the labels of one line, from left to right; words inside running text are none."""
        hits: list[LabelHit] = []
        begin = _lead_end(text)
        for found in self._pattern.finditer(text):
            if _stands_alone(text, found, begin, inside=bool(hits)):
                hits.append(self._hit(found))
        if hits and hits[0].start <= begin:
            return tuple(hits)
        return (*self._misread(text, begin, hits), *hits)

    def run_on(self, text: str) -> LabelHit | None:
        """Return the label at the beginning of ``text`` whose value follows without a sign or a blank."""
        found = self._pattern.match(text, _lead_end(text))
        return None if found is None or found.end() == len(text) else self._hit(found)

    def _hit(self, found: re.Match[str]) -> LabelHit:
        label = re.sub(r"[\s()]", "", found["label"])
        meaning, rank = self._known[label]
        if found["foreign"]:
            meaning = Other.FOREIGN
        whole = (found["foreign"] or "") + label
        return LabelHit(meaning, rank, found.start(), found.end(), True, whole)

    def _misread(self, text: str, begin: int, hits: Sequence[LabelHit]) -> Iterator[LabelHit]:
        """Give the label at the beginning of the line when one of its four or more characters is misread."""
        head = _HEAD.match(text, begin)
        if head is None or not _FUZZY_LENGTH <= len(head[0]) <= _LONGEST_LABEL:
            return
        bare = re.sub(r"[()]", "", head[0])
        near = [
            label
            for label in self._known
            if len(label) >= _FUZZY_LENGTH
            and Levenshtein.distance(bare, label, score_cutoff=1) <= 1
        ]
        meanings = {self._known[label][0] for label in near}
        if len(meanings) != 1 or (hits and hits[0].start < head.end()):
            return
        colon = _COLON.match(text, head.end())
        meaning, rank = self._known[near[0]]
        if colon or meaning not in (Other.FOREIGN, Other.IDENTITY):
            end = colon.end() if colon else head.end()
            yield LabelHit(meaning, rank, begin, end, False, near[0])


def _spelled(label: str) -> str:
    """Return a pattern for ``label`` with blanks or brackets anywhere inside: 金 额(小写)."""
    return (
        r"\s*[()]?\s*".join(map(re.escape, label))
        + r"\)?(?:\s*\((?:元|¥|人民币|RMB|CNY|单位:?元)\))?"
    )


def _lead_end(text: str) -> int:
    lead = _LEAD.match(text)
    return lead.end() if lead else 0


def _stands_alone(text: str, found: re.Match[str], begin: int, *, inside: bool) -> bool:
    """Tell a printed label from the same word inside a sentence or a value (证券账户开户).

    No Chinese sign follows it but behind a colon or a blank; and it begins the line, or a blank stands
    before it, or it has a colon and something before it that cannot belong to a longer word.
    """
    if not found["colon"] and _is_chinese(text[found.end() : found.end() + 1]):
        return False
    if found.start() <= begin:
        return True
    before = text[found.start() - 1]
    return before in " :;|)" or (bool(found["colon"]) and (not _is_chinese(before) or inside))


def _is_chinese(sign: str) -> bool:
    return bool(sign) and "\u4e00" <= sign <= "\u9fff"
