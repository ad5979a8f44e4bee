"""Reading what strangers post."""

from aiohttp import web

_CHUNK = 256 * 1024


async def body_of(request: web.Request, most: int) -> bytes:
    """The whole body of at most `most` bytes, unread beyond; raises `HTTPRequestEntityTooLarge`."""
    if (request.content_length or 0) > most:
        raise web.HTTPRequestEntityTooLarge(most, request.content_length or 0)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.content.iter_chunked(_CHUNK):
        size += len(chunk)
        if size > most:
            raise web.HTTPRequestEntityTooLarge(most, size)
        chunks.append(chunk)
    return b"".join(chunks)
