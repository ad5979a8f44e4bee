"""What kind of thing a message's files are, and which of them is a recording to transcribe."""

from typing import Final

from bot.contract import InboundMessage, Kind, RemoteFile, StoredFile

CALLS: Final = frozenset({Kind.CALL, Kind.MEETING})
"""Kinds whose recording is a talk between people, with minutes of its own."""
RECORDINGS: Final = frozenset(
    ".wav .mp3 .m4a .ogg .opus .amr .webm .flac .wma .aac .silk .speex .mp4".split()
)


def recording(message: InboundMessage) -> StoredFile | RemoteFile | None:
    """The recording that is the message: a call's file, or a voice note without words of its own."""
    for file in (*message.attachments, *message.files):
        if not is_recording(file):
            continue
        if message.kind in CALLS or not message.text.strip():
            return file
    return None


def uploaded(message: InboundMessage) -> bool:
    """Whether a member brings a recording into a chat of theirs: it is of a call, not a voice note."""
    return any(is_recording(file) and not file.voice for file in message.files)


def is_recording(file: StoredFile | RemoteFile) -> bool:
    """Whether a file is sound, by its type or the ending of its name."""
    suffix = "." + file.name.rsplit(".", 1)[-1].lower()
    if suffix == ".mp4" or file.type.startswith("video/"):
        return file.type.startswith("audio/")
    return file.type.startswith("audio/") or suffix in RECORDINGS
