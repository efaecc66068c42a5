"""The chunked transfer coding (RFC 9112, section 7.1), made once for all who get the same bytes."""

LAST_CHUNK = b"0\r\n\r\n"


def chunk(body: bytes) -> bytes:
    """One chunk; an empty body has none, since an empty chunk would be the last."""
    return b"%x\r\n%b\r\n" % (len(body), body) if body else b""
