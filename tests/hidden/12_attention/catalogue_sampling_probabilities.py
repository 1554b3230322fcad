"""sampling_probabilities: known wrong implementations, by where they go wrong, and right ones."""

import torch

from gradlab.judge import alternative, misconception

EXERCISE = "sampling_probabilities"


def _refuse(temperature, top_k):
    if temperature < 0:
        raise ValueError(f"temperature is {temperature}")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k is {top_k}")


def _threshold(logits, k):
    return logits.topk(min(k, logits.shape[-1]), dim=-1).values[..., -1:]


def _cut(logits, top_k):
    if top_k is None:
        return logits
    return logits.masked_fill(logits < _threshold(logits, top_k), -torch.inf)


def _right(logits, temperature, top_k):
    if temperature == 0:
        return torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits)
    return torch.softmax(_cut(logits, top_k) / temperature, -1)


def _wrong(message, compute):
    @misconception(EXERCISE, message)
    def variant(logits, *, temperature=1.0, top_k=None):
        _refuse(temperature, top_k)
        return compute(logits, temperature, top_k)

    return variant


def _unless_greedy(compute):
    """`compute` where the temperature is above 0."""
    return lambda z, t, k: _right(z, t, k) if t == 0 else compute(z, t, k)


# Misconceptions: temperature

multiplied = _wrong(
    "You multiplied by the temperature. The logits are divided by it.",
    _unless_greedy(lambda z, t, k: torch.softmax(_cut(z, k) * t, -1)),
)
temperature_ignored = _wrong(
    "The temperature is not used.",
    _unless_greedy(lambda z, t, k: torch.softmax(_cut(z, k), -1)),
)
after_the_softmax = _wrong(
    "You divided the probabilities by the temperature. Divide the logits, before the softmax.",
    _unless_greedy(lambda z, t, k: torch.softmax(_cut(z, k), -1) / t),
)
root_of_the_temperature = _wrong(
    "You divided by the root of the temperature.",
    _unless_greedy(lambda z, t, k: torch.softmax(_cut(z, k) / t**0.5, -1)),
)
zero_divides = _wrong(
    "At temperature 0 you divided by 0. It is defined as: all probability on the largest logit.",
    lambda z, t, k: torch.softmax(_cut(z, k) / t, -1) if t else torch.full_like(z, torch.nan),
)
zero_is_nearly_zero = _wrong(
    "At temperature 0 you used a small number that is not small enough: the largest logit does not "
    "get all probability.",
    lambda z, t, k: torch.softmax(_cut(z, k) / (t or 0.1), -1),
)
zero_is_one = _wrong(
    "Temperature 0 is treated as 1, as if it were not given.",
    lambda z, t, k: torch.softmax(_cut(z, k) / (t or 1.0), -1),
)
greedy_over_all = _wrong(
    "At temperature 0 the largest logit of the whole array gets all probability. Each row has its "
    "own.",
    lambda z, t, k: (z == z.max()).to(z) if t == 0 else _right(z, t, k),
)
greedy_as_a_count = _wrong(
    "At temperature 0 your result holds integers. It should have the dtype of the logits.",
    lambda z, t, k: _right(z, t, k).long() if t == 0 else _right(z, t, k),
)

# Misconceptions: top-k

cut_after_the_softmax = _wrong(
    "You cut off after the softmax; the rest no longer sums to 1. Cut the logits.",
    lambda z, t, k: (
        _right(z, t, None) * (z >= _threshold(z, k)) if k is not None else _right(z, t, k)
    ),
)
zeros_for_infinity = _wrong(
    "The logits that are cut off become 0 with you, and exp(0) = 1. They must be minus infinity.",
    _unless_greedy(
        lambda z, t, k: torch.softmax((z if k is None else z * (z >= _threshold(z, k))) / t, -1)
    ),
)
top_k_ignored = _wrong(
    "top_k is not used.",
    lambda z, t, k: _right(z, t, None),
)
smallest_kept = _wrong(
    "You kept the k smallest logits. Keep the largest.",
    _unless_greedy(
        lambda z, t, k: torch.softmax(
            (z if k is None else -_cut(-z, k).masked_fill(_cut(-z, k).isinf(), torch.inf)) / t, -1
        )
    ),
)
one_too_many = _wrong(
    "You kept k + 1 logits.",
    lambda z, t, k: _right(z, t, None if k is None else k + 1),
)
one_too_few = _wrong(
    "You kept k - 1 logits: the k-th largest itself stays.",
    lambda z, t, k: _right(z, t, None if k is None else max(k - 1, 1)),
)


def _one_threshold(z, t, k):
    if k is None or t == 0:
        return _right(z, t, k)
    lowest = _threshold(z, k).amin()
    return torch.softmax(z.masked_fill(z < lowest, -torch.inf) / t, -1)


one_threshold = _wrong(
    "All rows are cut at one threshold. Each row has its own k largest.",
    _one_threshold,
)


def _first_k(z, t, k):
    if k is None or t == 0:
        return _right(z, t, k)
    return torch.softmax(z.masked_fill(torch.arange(z.shape[-1]) >= k, -torch.inf) / t, -1)


first_k = _wrong(
    "You kept the first k logits. Keep the largest.",
    _first_k,
)
only_one_knob = _wrong(
    "With top_k given you forget the temperature.",
    _unless_greedy(lambda z, t, k: _right(z, t if k is None else 1.0, k)),
)
at_most_all = _wrong(
    "A top_k above the number of symbols keeps nothing (or one) with you. It keeps all.",
    lambda z, t, k: _right(z, t, 1 if k is not None and k > z.shape[-1] else k),
)


normalised_twice = _wrong(
    "After the cut your probabilities are squared and normalised once more.",
    lambda z, t, k: (
        _right(z, t, k) if k is None or t == 0 else _right(z, t, k) ** 2
        / (_right(z, t, k) ** 2).sum(-1, keepdim=True)
    ),
)  # fmt: skip

# Misconceptions: the softmax, and what is refused

first_axis = _wrong(
    "Your softmax runs over the first axis. It runs over the last one.",
    _unless_greedy(lambda z, t, k: torch.softmax(_cut(z, k) / t, 0)),
)
whole_array = _wrong(
    "Your probabilities sum to 1 over the whole array. Each row must.",
    _unless_greedy(lambda z, t, k: torch.softmax((_cut(z, k) / t).flatten(), 0).reshape(z.shape)),
)
unstable = _wrong(
    "Large logits overflow in exp: use torch.softmax, or subtract the largest first.",
    _unless_greedy(
        lambda z, t, k: torch.exp(_cut(z, k) / t) / torch.exp(_cut(z, k) / t).sum(-1, keepdim=True)
    ),
)
logarithms = _wrong(
    "You return logarithms. Return probabilities.",
    lambda z, t, k: _right(z, t, k).log(),
)


@misconception(EXERCISE, "You wrote into the caller's logits. Work on a copy.")
def logits_changed(logits, *, temperature=1.0, top_k=None):
    _refuse(temperature, top_k)
    found = _right(logits, temperature, top_k)
    if top_k is not None:
        logits[logits < _threshold(logits, top_k)] = -1e9
    return found


@misconception(EXERCISE, "A temperature below 0 must raise a ValueError naming temperature.")
def any_temperature(logits, *, temperature=1.0, top_k=None):
    _refuse(0, top_k)
    return _right(logits, temperature, top_k)


@misconception(EXERCISE, "A top_k below 1 must raise a ValueError naming top_k.")
def any_top_k(logits, *, temperature=1.0, top_k=None):
    _refuse(temperature, None)
    return _right(logits, temperature, top_k if top_k is None or top_k > 0 else None)


# Alternatives


@alternative(EXERCISE)
def by_sorting(logits, *, temperature=1.0, top_k=None):
    _refuse(temperature, top_k)
    ranks = logits.argsort(dim=-1, descending=True).argsort(dim=-1)
    keep = logits.shape[-1] if top_k is None else top_k
    if temperature == 0:
        return (ranks == 0).to(logits.dtype)
    scaled = (logits - logits.amax(-1, keepdim=True)) / temperature
    shares = torch.where(ranks < keep, scaled.exp(), 0.0)
    return shares / shares.sum(dim=-1, keepdim=True)


@alternative(EXERCISE)
def row_by_row(logits, *, temperature=1.0, top_k=None):
    if not temperature >= 0:
        raise ValueError(f"temperature must not be {temperature}")
    if top_k is not None and not top_k >= 1:
        raise ValueError(f"top_k must not be {top_k}")
    rows = []
    for row in logits.reshape(-1, logits.shape[-1]):
        keep = len(row) if top_k is None else min(top_k, len(row))
        best = row.topk(1 if temperature == 0 else keep).indices
        p = torch.zeros_like(row)
        p[best] = torch.softmax(row[best] / (temperature if temperature > 0 else 1.0), dim=0)
        rows.append(p)
    return torch.stack(rows).reshape(logits.shape)


@alternative(EXERCISE)
def cut_after_but_renormalised(logits, *, temperature=1.0, top_k=None):
    _refuse(temperature, top_k)
    if temperature == 0:
        return torch.zeros_like(logits).scatter(-1, logits.argmax(-1, keepdim=True), 1.0)
    p = (logits.log_softmax(-1) / temperature).softmax(-1)
    if top_k is not None:
        kept = p.topk(min(top_k, p.shape[-1]), dim=-1)
        p = torch.zeros_like(p).scatter(-1, kept.indices, kept.values)
        p = p / p.sum(-1, keepdim=True)
    return p
