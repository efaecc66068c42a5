# ruff: noqa: E501
"""File names that want to be something else: fields of a stream, markup, paths, headers."""

import random

SEED = 6
PIECES = (
    "\n\ndata: {}\n\n", "\r\n\r\ndata: x", "\nid: 0-00000000\n", "\revent: snapshot\r", "\n: ", "\u2028data:", "\u2029", "\x85", "\x0b", "\x0c", "\x1b[31m",
    "<img src=x onerror=pwn()>", "<script>pwn()</script>", "</h3><svg onload=pwn()>", "<iframe srcdoc='<script>parent.pwn()</script>'>",
    "javascript:pwn()", "\" onmouseover=pwn() x=\"", "' autofocus onfocus=pwn() '", "{{constructor.constructor('pwn()')()}}", "${pwn()}", "<!--", "]]>",
    "&lt;script&gt;", "&#x3c;script>", "<base href=//evil.example>", "<style>*{display:none}</style>", "<template>", "<meta http-equiv=refresh content=0>",
    "../", "..\\", "/etc/passwd", "C:\\Windows\\", "file:///", "~root/", ".", "..", "%2e%2e%2f", "%00", "CON", "nul.txt", "\\\\host\\share",
    "; filename=evil", "\"; filename*=UTF-8''evil", "Set-Cookie: a=b", "%0d%0aX: y", "=cmd|' /C calc'!A0", "$(id)", "`id`", "| id", "'; DROP TABLE jobs; --",
    "\u202e\u2066gpj.exe", "\u200f", "\u200b", "\ufeff", "\u00ad", "\u034f", "a\u0300\u0301\u0302", "\U0001f469\u200d\U0001f4bb", "\U000e0041", "\ud7ff", "\ufffe", "\uffff",
    "报告", "é", "e\u0301", "\ufdfa", " ", "\t", "x" * 300, "名" * 100, ".csv", ".html", "a", "\\", "\"", "'", "%", "#", "?", "&", "+", ":", ";", "=",
)  # fmt: skip


def hostile_names(count: int) -> list[str]:
    """The same ones each time: each piece alone, then mixtures."""
    chance = random.Random(SEED)
    mixed = ("".join(chance.choices(PIECES, k=chance.randint(2, 5))) for _ in range(count))
    return [*PIECES, *mixed][:count]


def as_form_name(name: str) -> bytes:
    """As browsers escape it (https://html.spec.whatwg.org/multipage/form-control-infrastructure.html)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").encode()
