"""multipart/form-data read as a stream (RFC 7578): parts come one after another, their bytes in blocks.

Nothing is spooled: what is in memory at any time is the block being gathered and the last piece read.
"""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from gateway.body import in_blocks
from gateway.errors import BrokenFormError, NotMultipartError
from gateway.filenames import decode_form_name

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_HEADER_BYTES = 64 * 1024
MAX_PARTS = 1_000


Opening = dict[bytes, bytes]  # the parameters of the Content-Disposition that opens a part
_END = None


@dataclass
class Part:
    """One part of a form. `blocks()` must be read to its end, or be left to `Form`, before the next part."""

    name: str
    filename: str | None
    _form: "Form"

    def blocks(self) -> AsyncIterator[bytes]:
        """The part's bytes: blocks of 1 MiB, the last one shorter.

        Raises:
            BrokenFormError: the body is no form any more, or ends inside this part.
        """
        return in_blocks(self._form._rest_of_part())

    async def text(self, *, limit: int) -> str:
        """A short field's value.

        Raises:
            BrokenFormError: it is longer than `limit` bytes, or no UTF-8.
        """
        value = b""
        async for block in self.blocks():
            value += block
            if len(value) > limit:
                raise BrokenFormError(f"the field {self.name!r} is longer than {limit} bytes")
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise BrokenFormError(f"the field {self.name!r} is no UTF-8 text") from error


@dataclass
class _Headers:
    """The headers of the part that is being read."""

    fields: dict[str, bytes] = field(default_factory=dict)
    name: bytes = b""
    value: bytes = b""

    def close_one(self) -> None:
        self.fields[self.name.decode("latin-1").lower()] = self.value
        self.name = self.value = b""

    def disposition(self) -> Opening:
        kind, options = parse_options_header(self.fields.get("content-disposition"))
        if kind != b"form-data" or b"name" not in options:
            raise BrokenFormError("a part has no `Content-Disposition: form-data` header with a name")
        return options


class Form:
    """A form that is being received; iterate over it for its parts."""

    def __init__(self, content_type: str | None, body: AsyncIterator[bytes]) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise NotMultipartError(
                "send the file as multipart/form-data with a boundary, in a field named `file`: "
                "`curl -F file=@FILE …/upload`; or its bare bytes: `curl -T FILE …/upload/`"
            )
        self._body = body
        # What the parser made of the piece of body that was read last, and bounded by it.
        self._pieces: deque[memoryview | Opening | None] = deque()
        self._headers = _Headers()
        self._inside = False
        self._count = 0
        try:
            self._parser = MultipartParser(boundary, self._callbacks(), max_header_size=MAX_HEADER_BYTES)
        except FormParserError as error:
            raise NotMultipartError(f"the multipart boundary cannot be used: {error}") from error

    async def __aiter__(self) -> AsyncIterator[Part]:
        while (options := await self._find_part()) is not None:
            filename = options.get(b"filename")
            yield Part(
                name=options[b"name"].decode("utf-8", "replace"),
                filename=None if filename is None else decode_form_name(filename),
                _form=self,
            )

    async def _find_part(self) -> Opening | None:
        """Go to the next part, over what its reader left of this one; None at the form's end."""
        while self._inside:
            await self._next_piece()
        while not self._pieces:
            if not await self._read_more():
                return None
        opening = self._pieces.popleft()
        assert isinstance(opening, dict)
        self._inside = True
        self._count += 1
        if self._count > MAX_PARTS:
            raise BrokenFormError(f"the form has more than {MAX_PARTS} parts")
        return opening

    async def _rest_of_part(self) -> AsyncIterator[memoryview]:
        while (piece := await self._next_piece()) is not None:
            yield piece

    async def _next_piece(self) -> memoryview | None:
        """Bytes of the part being read; None at its end."""
        while self._inside:
            while not self._pieces:
                await self._read_more()
            piece = self._pieces.popleft()
            if isinstance(piece, memoryview):
                return piece
            self._inside = piece is not _END
        return None

    async def _read_more(self) -> bool:
        """Feed the parser the next bytes of the body; False when body and form are at their end."""
        try:
            self._parser.write(await anext(self._body))
        except StopAsyncIteration:
            if self._parser.state != MultipartState.END:
                raise BrokenFormError(
                    "the body ends before the form does: the last boundary is missing, so the upload was cut short"
                ) from None
            return False
        except FormParserError as error:
            raise BrokenFormError(f"this is no well-formed form: {error}") from error
        return True

    def _callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_part_data": lambda data, start, end: self._pieces.append(memoryview(data)[start:end]),
            "on_part_end": lambda: self._pieces.append(_END),
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._close_header,
            "on_headers_finished": self._open,
        }

    def _begin(self) -> None:
        self._headers = _Headers()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._headers.name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._headers.value += data[start:end]

    def _close_header(self) -> None:
        self._headers.close_one()

    def _open(self) -> None:
        self._pieces.append(self._headers.disposition())
