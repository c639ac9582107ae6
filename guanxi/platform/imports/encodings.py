"""Which encoding a text file is in.

Byte order mark, then UTF-8 strictly, then UTF-16 without a mark, then GB18030 strictly, then
charset-normalizer. GB18030 accepts nearly anything, so two frequent victims are looked for first:
Big5 (Taiwan, Hong Kong) and Western European text, both of which decode as GB18030 into rubbish
without an error. Where one was chosen over GB18030 the choice is reported, to be changed by hand. A file put together
from pieces in UTF-8 and GB18030 is read line by line, and each odd line named.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from .reasons import Reason, reason, refuse

_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
    "三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平"
    "形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党"
    "程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干"
    "做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单"
    "风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界"
    "拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构"
    "府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价"
    "严客户名称地址电话联系人手机邮编城街村镇乡司限责股份集团医药店餐饮食"
    "個國們來時說為會對這過發動後產種麼與關係電話號稱聯絡手機郵區縣鎮鄉街產業總經業務責團醫藥學術銀證書網廠廣東灣臺"
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_STRAY = re.compile(r"(?<![\u3400-\u9fff\uf900-\ufaff])[\u3400-\u9fff\ue000-\uf8ff](?![\u3400-\u9fff])")
_PLAUSIBLE = 0.3
"""Share of everyday characters from which a text counts as Chinese: what is read in a wrong encoding has fewer."""
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file, the encoding's name, doubts about it, and what is to be said about single lines (from 1)."""

    text: str
    encoding: str
    doubts: tuple[Reason, ...] = ()
    lines: dict[int, Reason] = field(default_factory=dict)


def decode(data: bytes, encoding: str = "") -> Decoded:
    """The text in `data`. A given `encoding` is used strictly, but for lines that `_by_lines` can tell.

    Raises Unreadable where the bytes are no text in any encoding, or not in the given one.
    """
    if encoding:
        try:
            return _as_asked(data, encoding)
        except LookupError as error:
            raise refuse(
                "file.encoding",
                "没有名为“{encoding}”的编码；常用的有 utf-8、gb18030、utf-16。",
                "There is no encoding called “{encoding}”; usual ones are utf-8, gb18030 and utf-16.",
                encoding=encoding[:40],
            ) from error
        except UnicodeError as error:
            raise refuse(
                "file.encoding",
                "文件不是 {encoding} 编码，请换一种编码。",
                "The file is not in {encoding}; choose another encoding.",
                encoding=encoding,
            ) from error
    for mark, name in _MARKS:
        if data.startswith(mark):
            if (text := _strict(data, name)) is not None:
                return Decoded(text, name)
            if name.startswith("utf-16") and _cut_short(data):
                raise cut_short()
    wide = _without_mark(data[: len(data) // 2 * 2])
    if wide and (text := _strict(data, wide)) is not None:
        return Decoded(text, wide)
    if wide and _cut_short(data, wide):
        raise cut_short()
    if zeros := data.count(0):
        if zeros > max(3, len(data) // 200):
            raise binary()
        found = decode(data.replace(b"\0", b""))
        return replace(found, doubts=(_zeros(zeros), *found.doubts))
    if (text := _strict(data, "utf-8")) is not None:
        return Decoded(text, "utf-8")
    mixed = _by_lines(data)
    if mixed is not None:
        return mixed
    text = _strict(data, "gb18030")
    if text is not None and not _is_rubbish(text):
        other = _strict(data, "big5hkscs")
        if other is not None and _commonness(other) > _commonness(text) + 0.15:
            return Decoded(other, "big5hkscs", (_chosen("Big5", "GB18030"),))
        return Decoded(text, "gb18030")
    return _guessed(data, text)


def _as_asked(data: bytes, encoding: str) -> Decoded:
    """The text in this encoding. Raises UnicodeError, or LookupError for an unknown one."""
    if encoding in ("utf-8", "gb18030"):
        mixed = None if _strict(data, "utf-8") is not None else _by_lines(data.replace(b"\0", b""))
        if mixed is not None and mixed.encoding == encoding:
            return mixed
    text = data.decode(encoding)
    zeros = text.count("\0")
    return Decoded(text.replace("\0", ""), encoding, (_zeros(zeros),)) if zeros else Decoded(text, encoding)


def _by_lines(data: bytes) -> Decoded | None:
    """A file put together from pieces in UTF-8 and GB18030, or with some bytes broken, read line by line.

    None where it is in one piece, or where too few of its lines are Chinese in either encoding.
    """
    pieces = re.split(rb"(\r\n|\n|\r)", data.removeprefix(b"\xef\xbb\xbf"))
    read: list[tuple[str, str | None]] = []
    unsure: dict[int, str] = {}
    """Lines that say nothing of their encoding, as GB18030 has them."""
    for line in pieces[::2]:
        text, other_text = _strict(line, "utf-8"), _strict(line, "gb18030")
        if text is not None:
            sure = len(_HAN.findall(text)) > 1
            if not sure and other_text is not None:
                unsure[len(read)] = other_text
            read.append(("utf-8" if sure else "", text))
        elif other_text is None:
            read.append(("broken", None))
        elif not _HAN.search(other_text):  # nothing but signs, such as a comma of full width
            unsure[len(read)] = other_text
            read.append(("", other_text))
        else:
            good = _commonness(other_text) >= _PLAUSIBLE
            read.append(("gb18030", other_text) if good else ("broken", None))
    count = Counter(kind for kind, _ in read)
    main = "utf-8" if count["utf-8"] >= count["gb18030"] else "gb18030"
    other = "gb18030" if main == "utf-8" else "utf-8"
    if not count[main] or not (count["broken"] or count[other]) or count["broken"] * 5 > count[main] + 4:
        return None
    lines: dict[int, Reason] = {}
    texts: list[str] = []
    for number, (kind, text) in enumerate(read, start=1):
        if kind == other:
            lines[number] = reason(
                "row.encoding",
                "该行的编码（{other}）与文件其余部分（{main}）不同，已分别读取，请核对。",
                "This row is in {other}, the rest of the file in {main}; each was read so. Please check.",
                other=other.upper(),
                main=main.upper(),
            )
        elif text is None:
            lines[number] = reason(
                "row.broken",
                "该行有损坏的文字，显示为“�”，请核对。",
                "This row holds damaged letters, shown as �. Please check.",
            )
        if main == "gb18030" and not kind:
            text = unsure.get(number - 1, text)
        texts.append(pieces[2 * number - 2].decode(main, "replace") if text is None else text)
    ends = [end.decode("ascii") for end in pieces[1::2]]
    whole = "".join(text + end for text, end in zip(texts, [*ends, ""], strict=True))
    return Decoded(whole, main, (), lines)


def binary() -> Exception:
    """The refusal of bytes that are no text."""
    return refuse(
        "file.binary",
        "这不是表格文件。请选择 xlsx、xls 或 CSV 文件。",
        "This is not a table. Choose an xlsx, xls or CSV file.",
    )


def cut_short() -> Exception:
    """The refusal of a text that breaks off inside a sign."""
    return refuse(
        "file.cut",
        "文件不完整：末尾缺了一部分，可能没有下载完或没有保存完。请重新导出或重新下载后再导入。",
        "The file is not whole: its end is missing, perhaps because a download or a save broke off. "
        "Export or download it again.",
    )


def _cut_short(data: bytes, name: str = "utf-16") -> bool:
    """Whether all but the last sign of this text in UTF-16 can be read."""
    return any(_strict(data[:-n], name) is not None for n in (1, 2, 3))


def _strict(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except UnicodeError:
        return None


def _without_mark(data: bytes) -> str:
    """'utf-16-le' or '-be' where every other byte is zero often enough for it, else ''."""
    if len(data) < 4 or len(data) % 2:
        return ""
    head = data[:20_000]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd >= max(2, half * 0.05) and even == 0:
        return "utf-16-le"
    if even >= max(2, half * 0.05) and odd == 0:
        return "utf-16-be"
    return ""


def _is_rubbish(text: str) -> bool:
    """True for Western text read as GB18030: lone Chinese characters inside Latin words."""
    han = len(_HAN.findall(text))
    stray = len(_STRAY.findall(text))
    inside = len(re.findall(r"[A-Za-z][\u3400-\u9fff\ue000-\uf8ff]|[\u3400-\u9fff\ue000-\uf8ff][a-z]", text))
    return stray > 0 and stray >= han * 0.6 and inside >= stray * 0.5 and _commonness(text) < _PLAUSIBLE


def _commonness(text: str) -> float:
    """Share of everyday characters among the Chinese ones; 0 where there are none."""
    han = _HAN.findall(text)
    return sum(1 for character in han if character in _COMMON) / len(han) if han else 0.0


def _guessed(data: bytes, gb: str | None) -> Decoded:
    if gb is not None:
        western = _strict(data, "cp1252")
        if western is not None:
            return Decoded(western, "cp1252", (_chosen("Windows-1252", "GB18030"),))
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    if best is None or _control_share(str(best)) > 0.01:
        if gb is not None:
            return Decoded(gb, "gb18030", (_chosen("GB18030", "?"),))
        raise binary()
    return Decoded(str(best), best.encoding, (_chosen(best.encoding, "UTF-8, GB18030"),))


def _control_share(text: str) -> float:
    control = sum(1 for c in text[:20_000] if (c < " " and c not in "\t\r\n") or "\x7f" <= c < "\xa0")
    return control / max(1, len(text[:20_000]))


def _zeros(count: int) -> Reason:
    return reason(
        "file.zeros",
        "文件里有 {n} 个空字节（NUL），已忽略。",
        "Zero bytes (NUL) in the file were left out: {n}.",
        n=count,
    )


def _chosen(name: str, other: str) -> Reason:
    return reason(
        "file.encoding.guessed",
        "按 {name} 编码读取（不是 {other}）。如果文字显示为乱码，请换一种编码。",
        "Read as {name} rather than {other}. If letters look wrong, choose another encoding.",
        name=name,
        other=other,
    )
