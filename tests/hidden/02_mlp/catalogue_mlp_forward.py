"""mlp_forward: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _require(x, params):
    if len(params) == 0:
        raise ValueError("params is empty")
    inputs = x.shape[1]
    for w, _ in params:
        if w.shape[1] != inputs:
            raise ValueError(f"params has a w of shape {w.shape}, expected (out, {inputs})")
        inputs = len(w)


def _pass(x, params, bend):
    """A right pass but for `bend(z, number, last)`, which gives a from z."""
    a, cache = x, []
    for number, (w, b) in enumerate(params):
        z = a @ w.T + b
        cache.append((a, w, z))
        a = bend(z, number, number == len(params) - 1)
    return a, cache


def _right(x, params, phi):
    return _pass(x, params, lambda z, number, last: z if last else phi(z))


def _wrong(message, compute):
    """`compute(x, params, phi)` returns y and the cache; what does not fit is refused."""

    @misconception("mlp_forward", message)
    def variant(x, params, phi):
        _require(x, params)
        return compute(x, params, phi)

    return variant


# Misconceptions: where the bends are

bent_at_the_end = _wrong(
    "You applied the activation after the last layer too. The output is z as it stands.",
    lambda x, params, phi: _pass(x, params, lambda z, number, last: phi(z)),
)
no_bend = _wrong(
    "There is no activation in your network: it is a single linear layer in disguise.",
    lambda x, params, phi: _pass(x, params, lambda z, number, last: z),
)
bent_once = _wrong(
    "Only the first hidden layer has an activation. All but the last layer need one.",
    lambda x, params, phi: _pass(
        x, params, lambda z, number, last: z if number or last else phi(z)
    ),
)
bent_last_hidden_only = _wrong(
    "Only the last hidden layer has an activation. All but the last layer need one.",
    lambda x, params, phi: _pass(
        x, params, lambda z, number, last: phi(z) if number == len(params) - 2 else z
    ),
)
bent_last_only = _wrong(
    "Only your output has an activation. It is the one layer that has none.",
    lambda x, params, phi: _pass(x, params, lambda z, number, last: phi(z) if last else z),
)
input_bent = _wrong(
    "You applied the activation to x. The input goes in as it is.",
    lambda x, params, phi: _right(phi(x), params, phi),
)
always_relu = _wrong(
    "Your hidden layers use ReLU. Use the activation phi that is given.",
    lambda x, params, phi: _right(x, params, lambda z: np.maximum(z, 0.0)),
)
always_tanh = _wrong(
    "Your hidden layers use tanh. Use the activation phi that is given.",
    lambda x, params, phi: _right(x, params, np.tanh),
)
bent_twice = _wrong(
    "You applied the activation twice in each hidden layer.",
    lambda x, params, phi: _right(x, params, lambda z: phi(phi(z))),
)
one_layer_bent = _wrong(
    "A network of one layer has no activation: that layer is the last one.",
    lambda x, params, phi: _pass(
        x, params, lambda z, number, last: z if last and number > 0 else phi(z)
    ),
)

# Misconceptions: which layers and biases


def _without_biases(params, keep):
    return [(w, b if keep(number) else np.zeros_like(b)) for number, (w, b) in enumerate(params)]


biases_missing = _wrong(
    "The biases are missing.",
    lambda x, params, phi: _right(x, _without_biases(params, lambda n: False), phi),
)
last_bias_missing = _wrong(
    "The last layer's bias is missing.",
    lambda x, params, phi: _right(x, _without_biases(params, lambda n: n < len(params) - 1), phi),
)
first_bias_missing = _wrong(
    "The first layer's bias is missing.",
    lambda x, params, phi: _right(x, _without_biases(params, lambda n: n > 0), phi),
)
bias_after_bend = _wrong(
    "You added the bias after the activation. It belongs to z.",
    lambda x, params, phi: _bias_last(x, params, phi),
)
stops_early = _wrong(
    "The last layer is missing: you returned the last hidden layer.",
    lambda x, params, phi: (
        (phi(_right(x, params[:-1], phi)[0]), _right(x, params, phi)[1])
        if len(params) > 1
        else _right(x, params, phi)
    ),
)
stops_before_the_bend = _wrong(
    "The last layer is missing: you returned z of the last hidden layer.",
    lambda x, params, phi: (_right(x, params[:-1] or params, phi)[0], _right(x, params, phi)[1]),
)
untransposed = _wrong(
    "Where a layer has as many outputs as inputs, you used w instead of its transpose.",
    lambda x, params, phi: _right(
        x, [(w.T if w.shape[0] == w.shape[1] else w, b) for w, b in params], phi
    ),
)
averaged = _wrong(
    "You averaged over the inputs of each layer. The products are added.",
    lambda x, params, phi: _right(x, [(w / w.shape[1], b) for w, b in params], phi),
)
skipping = _wrong(
    "You added the layer's input where the widths allow it (a residual connection). Not here.",
    lambda x, params, phi: _right(
        x, [(w + np.eye(*w.shape) * (w.shape[0] == w.shape[1]), b) for w, b in params], phi
    ),
)


def _bias_last(x, params, phi):
    a, cache = x, []
    for number, (w, b) in enumerate(params):
        z = a @ w.T
        a_in, a = a, (z if number == len(params) - 1 else phi(z)) + b
        cache.append((a_in, w, z))
    return a, cache


# Misconceptions: the cache

no_cache = _wrong(
    "Only y came back. Return the pair (y, cache).",
    lambda x, params, phi: _right(x, params, phi)[0],
)
outputs_for_inputs = _wrong(
    "Your cache holds what comes out of each layer where it should hold what goes in.",
    lambda x, params, phi: (
        _right(x, params, phi)[0],
        [(phi(z), w, z) for _, w, z in _right(x, params, phi)[1]],
    ),
)
bent_in_cache = _wrong(
    "Your cache holds phi(z) where it should hold z, before the activation.",
    lambda x, params, phi: (
        _right(x, params, phi)[0],
        [(a, w, phi(z)) for a, w, z in _right(x, params, phi)[1]],
    ),
)
cache_reversed = _wrong(
    "Your cache begins with the last layer. The first layer comes first.",
    lambda x, params, phi: (_right(x, params, phi)[0], _right(x, params, phi)[1][::-1]),
)
last_not_cached = _wrong(
    "Your cache lacks the last layer.",
    lambda x, params, phi: (_right(x, params, phi)[0], _right(x, params, phi)[1][:-1]),
)
biases_in_cache = _wrong(
    "Your triples are (a_in, b, z); the weights are asked for.",
    lambda x, params, phi: (
        _right(x, params, phi)[0],
        [(a, b, z) for (a, _, z), (_, b) in zip(_right(x, params, phi)[1], params)],
    ),
)
same_input_in_cache = _wrong(
    "Each of your triples holds x. It should hold what went into that layer.",
    lambda x, params, phi: (
        _right(x, params, phi)[0],
        [(x, w, z) for _, w, z in _right(x, params, phi)[1]],
    ),
)


# Misconceptions: what is refused


@misconception("mlp_forward", "An empty params must raise a ValueError that names params.")
def empty_accepted(x, params, phi):
    if len(params) == 0:
        return x, []
    _require(x, params)
    return _right(x, params, phi)


@misconception("mlp_forward", "A layer that does not fit must raise a ValueError naming params.")
def any_width_accepted(x, params, phi):
    if len(params) == 0:
        raise ValueError("params is empty")
    a, cache = x, []
    for number, (w, b) in enumerate(params):
        seen = min(a.shape[1], w.shape[1])
        z = a[:, :seen] @ w[:, :seen].T + b
        cache.append((a, w, z))
        a = phi(z) if number < len(params) - 1 else z
    return a, cache


@misconception("mlp_forward", "You compared only the first layer's w with x. Each layer must fit.")
def first_width_compared(x, params, phi):
    if len(params) == 0 or params[0][0].shape[1] != x.shape[1]:
        raise ValueError("params does not fit x")
    return any_width_accepted(x, params, phi)


# Alternatives


@alternative("mlp_forward")
def hidden_then_output(x, params, phi):
    _require(x, params)
    *hidden, (w_last, b_last) = params
    a, cache = x, []
    for w, b in hidden:
        z = np.einsum("ni,oi->no", a, w) + b
        cache.append([a, w, z])
        a = phi(z)
    y = a @ w_last.T + b_last
    return y, [*cache, [a, w_last, y]]


@alternative("mlp_forward")
def bending_at_the_start(x, params, phi):
    _require(x, params)
    cache, z = [], None
    for w, b in params:
        a = x if z is None else phi(z)
        z = (w @ a.T).T + b[None, :]
        cache.append((a.copy(), w.copy(), z.copy()))
    return z, tuple(cache)


@alternative("mlp_forward")
def recursive(x, params, phi):
    _require(x, params)
    (w, b), rest = params[0], params[1:]
    z = x @ w.T + b
    if not rest:
        return z, [(x, w, z)]
    y, cache = recursive(phi(z), rest, phi)
    return y, [(x, w, z), *cache]


@alternative("mlp_forward")
def sample_by_sample(x, params, phi):
    _require(x, params)
    passes = [_right(sample[None], params, phi) for sample in x]
    y = np.concatenate([y for y, _ in passes])
    layers = zip(*(cache for _, cache in passes))
    cache = [
        (np.concatenate([t[0] for t in layer]), layer[0][1], np.concatenate([t[2] for t in layer]))
        for layer in layers
    ]
    return y, cache
