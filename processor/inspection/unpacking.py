"""Unpacking: a compressed file as a stream that is read once, measured, and never stored."""

import bz2
import gzip
import lzma
import zlib
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from processor.inspection.errors import TooExpensiveError, UnreadableContentError
from processor.inspection.tar_archive import Readable
from processor.inspection.wording import human_size

MAX_RATIO = 250  # text reaches 30, sparse logs 100; bombs a thousand
MAX_SUSPICIOUS_BYTES = 64 * 1000 * 1000  # a ratio is no concern below it
MAX_UNPACKED_BYTES = 200 * 1000**3
MAX_DECODER_BYTES = 256 * 1024 * 1024  # the memory a stream may ask a decoder to hold
_PIECE = 64 * 1024
CODECS = {
    "application/gzip": "gzip",
    "application/x-bzip2": "bzip2",
    "application/x-xz": "xz",
    "application/zstd": "zstd",
}


class Unpacked:
    """What a compressed file unpacks to, from front to back.

    Memory is bounded by the codec, whatever the file says. Close it by `with`.
    """

    def __init__(self, path: Path, codec: str) -> None:
        self._packed = path.open("rb")
        self._stream = _decoder(self._packed, codec)
        self.size = 0  # bytes unpacked so far

    def __enter__(self) -> "Unpacked":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._packed.close()

    @property
    def position(self) -> int:
        """How many packed bytes have been read."""
        return self._packed.tell()

    def read(self, size: int, /) -> bytes:
        """Exactly `size` bytes, fewer only at the end.

        Raises:
            TooExpensiveError: it unpacks to far more than it is.
            UnreadableContentError: it is damaged or cut short.
        """
        pieces = []
        while size > 0 and (piece := self._piece(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _piece(self, size: int) -> bytes:
        try:
            piece = self._stream.read(size)
        except (OSError, EOFError, zlib.error, lzma.LZMAError, _zstd_error()) as error:
            raise UnreadableContentError(f"Its compressed data is damaged or cut short ({error}).") from error
        self.size += len(piece)
        self._refuse_bomb()
        return piece

    def _refuse_bomb(self) -> None:
        if self.size > MAX_SUSPICIOUS_BYTES and self.size > MAX_RATIO * self.position:
            raise TooExpensiveError(
                f"It unpacks to more than {MAX_RATIO} times its size, like a decompression bomb; "
                f"reading stopped after {human_size(self.size)}."
            )
        if self.size > MAX_UNPACKED_BYTES:
            raise TooExpensiveError(f"It unpacks to more than {human_size(MAX_UNPACKED_BYTES)}; reading stopped there.")


class _Xz:
    """`lzma.LZMAFile` with a bound on memory, which it does not offer."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._decoder = self._fresh()
        self._input = b""

    def read(self, size: int, /) -> bytes:
        while True:
            if self._decoder.eof:
                self._input = (self._decoder.unused_data or self._packed.read(_PIECE)).lstrip(b"\0")  # padding
                if not self._input:
                    return b""
                self._decoder = self._fresh()
            elif self._decoder.needs_input:
                self._input = self._packed.read(_PIECE)
                if not self._input:
                    raise EOFError("it ends too early")
            piece = self._decoder.decompress(self._input, size)
            self._input = b""
            if piece:
                return piece

    @staticmethod
    def _fresh() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_DECODER_BYTES)


def _decoder(packed: BinaryIO, codec: str) -> Readable:
    match codec:
        case "gzip":
            return gzip.GzipFile(fileobj=packed)
        case "bzip2":
            return bz2.BZ2File(packed)
        case "xz":
            return _Xz(packed)
        case _:
            import zstandard

            decoder = zstandard.ZstdDecompressor(max_window_size=MAX_DECODER_BYTES // 2)
            return decoder.stream_reader(packed, read_across_frames=True, closefd=False)


def _zstd_error() -> type[Exception]:
    import zstandard

    return zstandard.ZstdError
