"""How a mend takes the place of a method of moto's."""

import functools
from collections.abc import Callable
from typing import Any


def wrap(owner: Any, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Replace `name` of a class or a module by the decorated function, whose first argument is the original.

    Raises AttributeError when moto no longer has the method: the mend has lost its place.
    """
    original = getattr(owner, name)

    def decorate(mended: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def method(*given: Any, **named: Any) -> Any:
            return mended(original, *given, **named)

        setattr(owner, name, method)
        return mended

    return decorate
