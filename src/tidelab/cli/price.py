"""`--price IN,OUT`."""

from __future__ import annotations


def price(text: str | None) -> tuple[float, float] | None:
    """US dollars per million tokens in and out; TidelabError where the text is not two numbers."""
    from tidelab.errors import TidelabError

    if text is None:
        return None
    try:
        asked, replied = (float(part) for part in text.split(","))
        if not (0 <= asked < 1e6 and 0 <= replied < 1e6):
            raise ValueError
    except ValueError:
        raise TidelabError(f"`{text}` is no price", where="--price", mend="write two numbers, such as --price 3,15") from None
    return asked, replied
