"""mlp_backward: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _walk(dout, cache, dphi, *, slope=None, dw=None, db=None, back=None):
    """A right backward pass whose parts may be replaced.

    slope(number): what multiplies the gradient below layer `number`; dw(d, number), db(d, number);
    back(d, number): the gradient at the layer's input.
    """
    slope = slope or (lambda number: dphi(cache[number - 1][2]))
    dw = dw or (lambda d, number: d.T @ cache[number][0])
    db = db or (lambda d, number: d.sum(axis=0))
    back = back or (lambda d, number: d @ cache[number][1])
    grads = []
    for number in reversed(range(len(cache))):
        grads.insert(0, (dw(dout, number), db(dout, number)))
        dout = back(dout, number)
        if number > 0:
            dout = dout * slope(number)
    return dout, grads


def _wrong(message, compute):
    return misconception("mlp_backward", message)(
        lambda dout, cache, dphi: compute(dout, cache, dphi)
    )


# Misconceptions: the slope of the activation

slope_missing = _wrong(
    "The activation's slope is missing: between two layers the gradient meets dphi(z).",
    lambda d, cache, dphi: _walk(d, cache, dphi, slope=lambda n: 1.0),
)
slope_after_the_last_layer = _wrong(
    "You multiplied dout by the slope at the last layer's z. There is no activation after it.",
    lambda d, cache, dphi: _walk(d * dphi(cache[-1][2]), cache, dphi),
)
slope_at_a = _wrong(
    "You took the slope at a, the activation's output. dphi wants z.",
    lambda d, cache, dphi: _walk(d, cache, dphi, slope=lambda n: dphi(cache[n][0])),
)
slope_is_z = _wrong(
    "You multiplied by z itself. The slope there is dphi(z).",
    lambda d, cache, dphi: _walk(d, cache, dphi, slope=lambda n: cache[n - 1][2]),
)
slope_of_relu = _wrong(
    "You used ReLU's slope, 0 or 1. Use dphi, which is given.",
    lambda d, cache, dphi: _walk(
        d, cache, dphi, slope=lambda n: (cache[n - 1][2] > 0).astype(float)
    ),
)
slope_of_tanh = _wrong(
    "You used tanh's slope. Use dphi, which is given.",
    lambda d, cache, dphi: _walk(
        d, cache, dphi, slope=lambda n: 1.0 - np.tanh(cache[n - 1][2]) ** 2
    ),
)
slope_of_sigmoid_outputs = _wrong(
    "You used a (1 - a) for the slope, which is a sigmoid's. Use dphi, which is given.",
    lambda d, cache, dphi: _walk(d, cache, dphi, slope=lambda n: cache[n][0] * (1.0 - cache[n][0])),
)
slope_of_the_layer_above = _wrong(
    "Where widths are equal, you took the slope at the z of the layer above. It is that of "
    "the layer whose output is being bent.",
    lambda d, cache, dphi: _walk(
        d, cache, dphi,
        slope=lambda n: dphi(
            cache[n][2] if cache[n][2].shape == cache[n - 1][2].shape else cache[n - 1][2]
        ),
    ),
)  # fmt: skip
slope_at_the_input = _wrong(
    "Your dx is multiplied by a slope at x. Nothing bends the input.",
    lambda d, cache, dphi: (
        _walk(d, cache, dphi)[0] * dphi(cache[0][0]),
        _walk(d, cache, dphi)[1],
    ),
)
slope_twice = _wrong(
    "You multiplied by the activation's slope twice.",
    lambda d, cache, dphi: _walk(d, cache, dphi, slope=lambda n: dphi(cache[n - 1][2]) ** 2),
)
slope_averaged = _wrong(
    "You averaged the slope over the batch. Each sample has its own.",
    lambda d, cache, dphi: _walk(
        d, cache, dphi, slope=lambda n: dphi(cache[n - 1][2]).mean(axis=0)
    ),
)
slope_once = _wrong(
    "Only the last hidden layer's slope is used. Each bend on the way back has one.",
    lambda d, cache, dphi: _walk(
        d, cache, dphi, slope=lambda n: dphi(cache[n - 1][2]) if n == len(cache) - 1 else 1.0
    ),
)

# Misconceptions: weights and biases

weights_averaged = _wrong(
    "Your dw are divided by N. Any 1/N of the loss is already in dout.",
    lambda d, cache, dphi: _walk(d, cache, dphi, dw=lambda d, n: d.T @ cache[n][0] / len(d)),
)
biases_averaged = _wrong(
    "Your db are averaged over the batch. Sum: any 1/N of the loss is already in dout.",
    lambda d, cache, dphi: _walk(d, cache, dphi, db=lambda d, n: d.mean(axis=0)),
)
all_averaged = _wrong(
    "Your dw and db are divided by N. Any 1/N of the loss is already in dout.",
    lambda d, cache, dphi: _walk(
        d, cache, dphi,
        dw=lambda d, n: d.T @ cache[n][0] / len(d), db=lambda d, n: d.mean(axis=0),
    ),
)  # fmt: skip
weights_transposed = _wrong(
    "Your dw are transposed: each has the shape of its w, (out, in).",
    lambda d, cache, dphi: _walk(d, cache, dphi, dw=lambda d, n: cache[n][0].T @ d),
)
weights_from_z = _wrong(
    "Your dw of the upper layers use z of the layer below. What went into the layer is phi(z).",
    lambda d, cache, dphi: _walk(
        d, cache, dphi, dw=lambda d, n: d.T @ (cache[n - 1][2] if n > 0 else cache[0][0])
    ),
)
weights_from_x = _wrong(
    "Where widths are equal, your dw use x for every layer. Use what went into that layer.",
    lambda d, cache, dphi: _walk(
        d, cache, dphi,
        dw=lambda d, n: d.T @ (cache[0][0] if cache[0][0].shape == cache[n][0].shape
                               else cache[n][0]),
    ),
)  # fmt: skip
bias_missing = _wrong(
    "Your db are zero.",
    lambda d, cache, dphi: _walk(d, cache, dphi, db=lambda d, n: np.zeros(d.shape[1])),
)
bias_per_sample = _wrong(
    "Your db have a row per sample: sum over the batch.",
    lambda d, cache, dphi: _walk(d, cache, dphi, db=lambda d, n: d),
)
bias_keeps_axis = _wrong(
    "Your db have two axes; b has the shape (out,).",
    lambda d, cache, dphi: _walk(d, cache, dphi, db=lambda d, n: d.sum(axis=0, keepdims=True)),
)
upper_biases_only = _wrong(
    "Each of your db is the sum of dout. Below, it is that of the layer's own gradient.",
    lambda d, cache, dphi: _walk(
        d, cache, dphi,
        db=lambda e, n: d.sum(axis=0) if d.shape == e.shape else e.sum(axis=0),
    ),
)  # fmt: skip

# Misconceptions: the way back

untransposed = _wrong(
    "Where a layer is square, the gradient goes back through wᵀ in yours. It goes through w.",
    lambda d, cache, dphi: _walk(
        d, cache, dphi,
        back=lambda d, n: d @ (cache[n][1].T if np.equal(*cache[n][1].shape) else cache[n][1]),
    ),
)  # fmt: skip
weights_of_the_layer_below = _wrong(
    "Where widths are equal, the gradient goes back through the weights of the layer below.",
    lambda d, cache, dphi: _walk(
        d, cache, dphi,
        back=lambda d, n: d @ (
            cache[n - 1][1] if n and cache[n - 1][1].shape == cache[n][1].shape else cache[n][1]
        ),
    ),
)  # fmt: skip
upstream_ignored = _wrong(
    "Your gradients do not depend on dout.",
    lambda d, cache, dphi: _walk(np.ones_like(d), cache, dphi),
)
upstream_averaged = _wrong(
    "You averaged dout over the batch at the start. Each sample has its own gradient.",
    lambda d, cache, dphi: _walk(np.repeat(d.mean(axis=0)[None], len(d), axis=0), cache, dphi),
)
wrong_sign = _wrong(
    "All your gradients have the wrong sign. The minus belongs to the step, not to the gradient.",
    lambda d, cache, dphi: _walk(-d, cache, dphi),
)
divided_at_each_layer = _wrong(
    "You divide by N again at each layer. Any 1/N of the loss is already in dout.",
    lambda d, cache, dphi: _walk(d, cache, dphi, back=lambda d, n: d @ cache[n][1] / len(d)),
)

# Misconceptions: what is returned

grads_reversed = _wrong(
    "Your grads begin with the last layer. The first layer comes first.",
    lambda d, cache, dphi: (_walk(d, cache, dphi)[0], _walk(d, cache, dphi)[1][::-1]),
)
pairs_swapped = _wrong(
    "Your pairs are (db, dw); they are (dw, db).",
    lambda d, cache, dphi: (
        _walk(d, cache, dphi)[0],
        [(db, dw) for dw, db in _walk(d, cache, dphi)[1]],
    ),
)
no_dx = _wrong(
    "dx is missing. Return the pair (dx, grads).",
    lambda d, cache, dphi: _walk(d, cache, dphi)[1],
)
stops_at_the_first_layer = _wrong(
    "Your dx is the gradient at the first layer's output. Go through its weights once more.",
    lambda d, cache, dphi: (
        _first_delta(d, cache, dphi),
        _walk(d, cache, dphi)[1],
    ),
)
first_layer_missing = _wrong(
    "The first layer's gradients are missing from grads.",
    lambda d, cache, dphi: (_walk(d, cache, dphi)[0], _walk(d, cache, dphi)[1][1:]),
)
first_layer_frozen = _wrong(
    "The first layer's gradients are zero in yours.",
    lambda d, cache, dphi: _walk(
        d, cache, dphi,
        dw=lambda d, n: d.T @ cache[n][0] * (n > 0), db=lambda d, n: d.sum(axis=0) * (n > 0),
    ),
)  # fmt: skip


def _first_delta(dout, cache, dphi):
    for number in reversed(range(1, len(cache))):
        dout = dout @ cache[number][1] * dphi(cache[number - 1][2])
    return dout


kept = []


@misconception("mlp_backward", "Something of the call before is still in your gradients.")
def sums_kept(dout, cache, dphi):
    dx, grads = _walk(dout, cache, dphi)
    if kept and kept[-1].shape == dx.shape:
        dx = dx + kept.pop()
    kept.append(dx)
    return dx, grads


# Alternatives


@alternative("mlp_backward")
def recursive(dout, cache, dphi):
    *below, (a_in, w, _) = cache
    pair = (np.einsum("no,ni->oi", dout, a_in), np.einsum("no->o", dout))
    back = dout @ w
    if not below:
        return back, [pair]
    dx, grads = recursive(back * dphi(below[-1][2]), below, dphi)
    return dx, [*grads, pair]


@alternative("mlp_backward")
def slopes_first(dout, cache, dphi):
    slopes = [np.ones_like(cache[0][0])] + [dphi(z) for _, _, z in cache[:-1]]
    grads = [None] * len(cache)
    for number in range(len(cache) - 1, -1, -1):
        a_in, w, _ = cache[number]
        grads[number] = [dout.T @ a_in, np.sum(dout, axis=0)]
        dout = (w.T @ dout.T).T * slopes[number]
    return [dout, grads]


@alternative("mlp_backward")
def sample_by_sample(dout, cache, dphi):
    dx = np.zeros(cache[0][0].shape)
    grads = [(np.zeros(w.shape), np.zeros(len(w))) for _, w, _ in cache]
    for n in range(len(dout)):
        delta = dout[n]
        for number in reversed(range(len(cache))):
            a_in, w, _ = cache[number]
            grads[number][0][...] += np.outer(delta, a_in[n])
            grads[number][1][...] += delta
            delta = delta @ w
            if number > 0:
                delta = delta * dphi(cache[number - 1][2][n])
        dx[n] = delta
    return dx, grads
