"""QR codes (ISO/IEC 18004) as SVG for pages and paper, and as PNG for files."""

from __future__ import annotations

import io

import segno
from segno.encoder import DataOverflowError

from guanxi.platform.kernel import Text


class TooLong(ValueError):
    """More than a QR code can hold and a telephone can read."""

    def __init__(self) -> None:
        self.text = Text("内容太长，放不进二维码", "Too long for a QR code")
        super().__init__(self.text.en)


def qr_svg(content: str) -> str:
    """An SVG without style attributes, script or outside reference; as wide as what it is put into."""
    out = io.BytesIO()
    _code(content).save(
        out, kind="svg", xmldecl=False, omitsize=True, nl=False, light="#fff", svgclass="qr", lineclass=None
    )
    return out.getvalue().decode()


def qr_png(content: str, *, dot: int = 8) -> bytes:
    """A PNG; dot: pixels per module. With the quiet zone of four modules that the standard asks for."""
    out = io.BytesIO()
    _code(content).save(out, kind="png", scale=dot)
    return out.getvalue()


def _code(content: str) -> segno.QRCode:
    """Always UTF-8 bytes: left alone, segno writes some Chinese words as Shift JIS, which telephones misread."""
    try:
        return segno.make_qr(content, error="m", mode="byte", encoding="utf-8", boost_error=False)
    except DataOverflowError as error:
        raise TooLong from error
