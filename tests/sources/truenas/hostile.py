"""Replies of any shape, as property tests draw them: always the same ones."""

from typing import Any

from hypothesis import HealthCheck, settings, strategies as st

fixed = settings(
    derandomize=True,
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

TEXTS = (
    "",
    "<img src=x onerror=alert(1)>",
    "\x1b[31mred\x1b[0m",
    "\u202eevil\u202c",
    "a\u200b\u200db",
    "{{ states('x') }}",
    "line\nINFO forged",
    "&lt;b&gt;",
    "x" * 5000,
    "NaN",
    "1e999",
    "-1",
    "²",
    "tank/../../etc",
    "💾",
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(10**40), max_value=10**40),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from(TEXTS),
    st.text(max_size=12),
    st.sampled_from(
        [{"$date": 10**30}, {"$date": "x"}, {"$time": 1}, {"$set": None}, {"parsed": [], "rawvalue": {}}]
    ),
)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(TEXTS) | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def spoiled(row: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return a good row of which any members, also deep ones, have become anything."""

    def deep(value: Any) -> st.SearchStrategy[Any]:
        if isinstance(value, dict) and value:
            inside = st.fixed_dictionaries({key: deep(item) for key, item in value.items()})
        elif isinstance(value, list) and value:
            inside = st.tuples(*(deep(item) for item in value[:3])).map(list)
        else:
            inside = st.just(value)
        return st.one_of(inside, inside, inside, JSON)

    return st.fixed_dictionaries({key: deep(item) for key, item in row.items()})
