"""Pure: what a careful payer compares: the amount, what it is for, and to whom it goes, in words.

Every name here can be long and every glass can be small. So the words are drafted from the roomiest way to the
tightest, and the first draft that has room is shown; amount, beneficiary's name and the next step are in all of them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from appliance.counter import pictures
from appliance.counter.blocks import (
    Block,
    Type,
    amount,
    beside,
    first_fitting,
    fits,
    labelled,
    paragraph,
    picture,
    rule,
    space,
    spread,
    stack,
)
from appliance.counter.look import INK, SHADE, STEP, Style
from drivers import typeface
from drivers.typeface import Face
from mqtt_schema.messages import Line, PaymentRequest
from mqtt_schema.money import format_vnd


@dataclass(frozen=True)
class Draft:
    """How much is said. Lines of names; `steps`: by how many steps the amount is larger than what must be read.

    `is_brief`: what to do is said on one line. `is_shy`: all but the amount is no larger than in plain text.
    `has_small_name`: the beneficiary's name is no larger than the account.
    `details`: account, bank and memo below each other, after each other, or not at all.
    """

    fee: int
    name: int
    bank: int = 1
    steps: int = 1
    is_brief: bool = False
    has_picture: bool = False
    has_dossier: bool = True
    has_payer: bool = True
    is_shy: bool = False
    has_small_name: bool = False
    details: Literal["rows", "lines", "none"] = "lines"

    def amounts(self, style: Style) -> tuple[int, ...]:
        """The sizes that the amount may have."""
        most = math.ceil(style.must * STEP**self.steps)
        return tuple(size for size in style.amounts if size <= most)


_MOST_NAME_LINES = 3
"""Of a beneficiary whose name has no room on two: a name that is cut off cannot be compared."""
_BARE = Draft(1, 2, is_brief=True, has_payer=False, details="none")
_DRAFTS = (
    Draft(3, 2, bank=2, steps=2, has_picture=True, details="rows"),
    Draft(2, 2, bank=2, steps=2, has_picture=True, details="rows"),
    Draft(2, 2, bank=2, steps=2, details="rows"),
    Draft(2, 2, steps=2, details="rows"),
    Draft(2, 2, steps=2),
    Draft(2, 2),
    Draft(1, 2),
    Draft(2, 2, has_payer=False, details="none"),
    Draft(1, 2, has_payer=False, details="none"),
    replace(_BARE, fee=2),
    _BARE,
    replace(_BARE, steps=0),
    replace(_BARE, steps=0, has_dossier=False),
    replace(_BARE, steps=0, has_dossier=False, name=_MOST_NAME_LINES, has_small_name=True),
    replace(_BARE, steps=0, has_dossier=False, name=1),
)
"""From the roomiest to the tightest."""
_MOST_FEE_LINES = 3
_STANDING_DRAFTS = _DRAFTS[5:]
"""Below a code that is as wide as a glass of 7 inches the first ones never have room."""


@lru_cache(maxsize=4)
def about(request: PaymentRequest, style: Style, room: tuple[int, int], *, has_caption: bool) -> Block:
    """As much as there is room for (wide and high), and the room that is left over between the groups.

    `has_caption`: account, bank and memo stand elsewhere.
    """
    groups: tuple[Block, ...] = ()
    for draft in _drafts(request, style, room[0]):
        groups = _groups(request, replace(draft, details="none") if has_caption else draft, style, room[0])
        if stack(groups).height + (len(groups) - 1) * style.unit // 2 <= room[1]:
            break
    return spread(groups, room[1], 3 * style.unit)


def _drafts(request: PaymentRequest, style: Style, width: int) -> Iterator[Draft]:
    """From the roomiest to the tightest; first those in which the beneficiary's name stands whole."""
    drafts = tuple(_drafts_for(_fee(request.lines[0], style), style, width))
    name = Type(Face.SEMIBOLD, (*style.yielding, style.small), INK, lines=2)
    if not fits(request.beneficiary.account_name, name, width):
        yield from (replace(draft, name=_MOST_NAME_LINES) for draft in drafts if draft.name > 1)
    yield from drafts


def _drafts_for(fee: str, style: Style, width: int) -> Iterator[Draft]:
    """From the roomiest to the tightest; of larger text first those in which the fee's name stands whole."""
    drafts = _STANDING_DRAFTS if style.is_narrow and style.is_portrait else _DRAFTS
    if not style.is_large:
        yield from drafts
        return
    ways = (*drafts[:-1], replace(drafts[-1], name=2, is_shy=True), drafts[-1])
    taller = (replace(draft, fee=lines) for draft in ways for lines in range(draft.fee, _MOST_FEE_LINES + 1))
    yield from (draft for draft in taller if fits(fee, _name(draft, style), width))
    yield from ways


def _groups(request: PaymentRequest, draft: Draft, style: Style, width: int) -> tuple[Block, ...]:
    """What to do, how much and what for, and to whom."""
    return (
        _instruction(style, width, is_brief=draft.is_brief, has_picture=draft.has_picture),
        stack((money(request.amount, draft.amounts(style), width), purpose(request, draft, style, width))),
        _payee(request, draft, style, width),
    )


@lru_cache(maxsize=32)
def _instruction(style: Style, width: int, *, is_brief: bool, has_picture: bool) -> Block:
    variants, type_ = style.texts.code.scan, Type(Face.SEMIBOLD, (style.must,), INK, lines=2)
    if is_brief:
        return paragraph(first_fitting(variants, replace(type_, lines=1), width), type_, width)
    side, gap = round(style.must * 1.8), 2 * style.unit
    if has_picture and fits(variants[0], type_, width - side - gap):
        return beside(picture(pictures.PHONE, side, INK), paragraph(variants[0], type_, width - side - gap), gap)
    return paragraph(first_fitting(variants, type_, width), type_, width)


def money(value: int, sizes: tuple[int, ...], width: int) -> Block:
    """An amount in đồng, in the largest of the sizes that has room."""
    return amount(format_vnd(value, gap="").removesuffix("đ"), "đ", sizes, INK, width)


def purpose(request: PaymentRequest, draft: Draft, style: Style, width: int) -> Block:
    """The first fee's name, how many others there are, and whose dossier; on one line what has room there."""
    texts, lines = style.texts.code, request.lines
    plain = Type(Face.REGULAR, (style.small,), INK)
    rest = []
    if len(lines) > 1 and not draft.is_shy:
        rest.append(texts.and_other_fees.format(count=len(lines) - 1))
    if draft.has_dossier:
        rest.append(_dossiers(lines, style))
    if draft.has_payer and request.payer:
        rest.append(texts.payer.format(payer=request.payer))
    said = (paragraph(line, plain, width) for line in _joined(rest, plain, width))
    return stack((paragraph(_fee(lines[0], style), _name(draft, style), width), *said))


def _name(draft: Draft, style: Style) -> Type:
    return Type(Face.SEMIBOLD, style.yielding, INK, lines=draft.fee)


def _fee(line: Line, style: Style) -> str:
    return (line.fee_name_en if style.language == "en" else None) or line.fee_name


def _joined(said: list[str], type_: Type, width: int) -> list[str]:
    """As many sentences on a line as have room there."""
    lines: list[str] = []
    for sentence in said:
        both = f"{lines[-1]} · {sentence}" if lines else sentence
        if lines and typeface.width(both, type_.face, type_.sizes[0]) <= width:
            lines[-1] = both
        else:
            lines.append(sentence)
    return lines


def _dossiers(lines: tuple[Line, ...], style: Style) -> str:
    """The ends of the dossier numbers: enough to recognise one's own, too little for a stranger behind."""
    texts = style.texts.code
    numbers = tuple(dict.fromkeys(line.dossier for line in lines))
    tail = numbers[0].rsplit("-", 1)[-1][-4:]
    if len(numbers) == 1:
        return texts.dossier.format(tail=tail)
    return texts.and_other_dossiers.format(tail=tail, count=len(numbers) - 1)


def _payee(request: PaymentRequest, draft: Draft, style: Style, width: int) -> Block:
    unit = style.unit
    sizes = style.yielding[-1:] if draft.is_shy else style.yielding
    name_sizes = (style.small,) if draft.has_small_name else (*sizes, style.small)
    check = Type(Face.REGULAR, sizes[:1], INK)
    name = Type(Face.SEMIBOLD, name_sizes, INK, lines=draft.name)
    blocks = [
        rule(width, max(1, unit // 4), SHADE),
        space(unit // 2),
        paragraph(first_fitting(style.texts.code.check_name, check, width), check, width),
        paragraph(request.beneficiary.account_name, name, width),
    ]
    if draft.details == "rows":
        blocks += _rows(request, draft, style, width)
    if draft.details == "lines":
        blocks += lines(request, style, width)
    return stack(blocks)


def _rows(request: PaymentRequest, draft: Draft, style: Style, width: int) -> tuple[Block, ...]:
    """What somebody would type who cannot scan. Numbers stand whole: where a row is too short, there are no rows."""
    texts, payee = style.texts.code, request.beneficiary
    labels = texts.bank, texts.account, texts.memo
    first = style.unit + max(typeface.width(named, Face.REGULAR, style.small) for named in labels)
    plain, value = Type(Face.REGULAR, (style.small,), INK), Type(Face.SEMIBOLD, (style.small,), INK)
    if not all(fits(number, value, width - first) for number in (payee.account, request.reference)):
        return lines(request, style, width)
    bank = replace(value, lines=draft.bank)
    named_bank = first_fitting(_bank(payee.bank_name, texts.bank), bank, width - first)
    said = ((named_bank, bank), (payee.account, value), (request.reference, value))
    widths = first, width - first
    return tuple(labelled(named, one, (plain, type_), widths) for named, (one, type_) in zip(labels, said, strict=True))


def _bank(name: str, label: str) -> tuple[str, ...]:
    """Ways to name a bank under a label: without the word that the label says already, or only what it is called."""
    full = name.removeprefix(f"{label} ")
    called = name.rpartition("(")[2].removesuffix(")") if name.endswith(")") else ""
    return (full, called) if called else (full,)


def lines(request: PaymentRequest, style: Style, width: int) -> tuple[Block, ...]:
    """The same in as few lines as they need, the bank by its shortest name if that saves one.

    A number that is wider than a line cannot be typed from it: then there are no lines.
    """
    return _in_few_lines(request.beneficiary.account, request.reference, request.beneficiary.bank_name, style, width)


@lru_cache(maxsize=16)
def _in_few_lines(account: str, memo: str, bank_name: str, style: Style, width: int) -> tuple[Block, ...]:
    texts, type_ = style.texts.code, Type(Face.REGULAR, (style.small,), INK)
    numbers = [f"{texts.account} {account}", f"{texts.memo} {memo}"]
    if not all(fits(number, type_, width) for number in numbers):
        return ()
    ways = [_joined([*numbers, bank], type_, width) for bank in (bank_name, *_bank(bank_name, texts.bank))]
    whole = [said for said in ways if all(fits(line, type_, width) for line in said)]
    return tuple(paragraph(line, type_, width) for line in min(whole or ways, key=len))
