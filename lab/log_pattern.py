"""CloudWatch Logs' filter patterns for lines of text (pure).

`a "b c"` are terms that all must be there, `?a ?b` terms of which one must, `-a` one that must not; an empty pattern is
every line. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
Patterns for JSON and for columns, and regular expressions, are not played: they match nothing.
"""

import re

_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')


def matches(pattern: str, line: str) -> bool:
    text = pattern.strip()
    if text[:1] in ("{", "[", "%"):
        return False
    terms = [(sign, quoted or plain) for sign, quoted, plain in _TERM.findall(text)]
    optional = [term for sign, term in terms if sign == "?"]
    return (
        all(term in line for sign, term in terms if not sign)
        and not any(term in line for sign, term in terms if sign == "-")
        and (not optional or any(term in line for term in optional))
    )
