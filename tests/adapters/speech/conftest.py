import pytest

from tests import scripted_whisper, voices

SAID = "您好，这里是华建集团。这已经是第三次延期了，麻烦给个说法。"


@pytest.fixture(scope="session")
def voice(tmp_path_factory):
    """A man's words in Chinese: int16 at 16 kHz, about 7 s."""
    path = tmp_path_factory.mktemp("voices") / "cmn.wav"
    return voices.samples(voices.speak(SAID, path))


@pytest.fixture(scope="session")
def english(tmp_path_factory):
    path = tmp_path_factory.mktemp("voices") / "en.wav"
    return voices.samples(voices.speak("Hello, when will it be ready?", path, voice="en-us+f3"))


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A models folder with one scripted model, called "scripted"."""
    folder = tmp_path_factory.mktemp("models")
    scripted_whisper.build(folder / "scripted")
    return folder
