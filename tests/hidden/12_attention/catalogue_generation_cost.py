"""generation_cost: known wrong implementations, by where they go wrong, and right ones."""

from gradlab.judge import alternative, misconception

EXERCISE = "generation_cost"


def _wrong(message, block, passes=None):
    """`block(n, s, E)` multiplications in each block of each pass."""

    @misconception(EXERCISE, message)
    def variant(steps, width, layers, *, cached):
        total = 0
        for known in range(1, steps + 1) if passes is None else passes(steps):
            total += layers * block(1 if cached else known, known, width)
        return total

    return variant


last_pass_only = _wrong(
    "You counted the last pass only. There is one for each token.",
    lambda n, s, e: 12 * n * e**2 + 2 * n * s * e,
    lambda steps: range(steps, steps + 1) if steps else (),
)
one_pass_missing = _wrong(
    "Your last pass is missing: there are T of them.",
    lambda n, s, e: 12 * n * e**2 + 2 * n * s * e,
    lambda steps: range(1, steps),
)
passes_from_zero = _wrong(
    "Your passes run from 0 to T known tokens. The first has 1.",
    lambda n, s, e: 12 * n * e**2 + 2 * n * s * e + (12 * e**2 if s == 0 and n else 0),
    lambda steps: range(0, steps + 1),
)
scores_only = _wrong(
    "You counted the scores, but not weights times values.",
    lambda n, s, e: 12 * n * e**2 + n * s * e,
)
no_attention = _wrong(
    "You counted the linear layers only. Scores and weights times values are missing.",
    lambda n, s, e: 12 * n * e**2,
)
no_linear_layers = _wrong(
    "You counted the inside of attention only. The linear layers are missing.",
    lambda n, s, e: 2 * n * s * e,
)
no_output_layer = _wrong(
    "The output layer of attention is missing: 4 E E, not 3.",
    lambda n, s, e: 11 * n * e**2 + 2 * n * s * e,
)
no_mlp = _wrong(
    "The MLP is missing.",
    lambda n, s, e: 4 * n * e**2 + 2 * n * s * e,
)
one_layer_of_the_mlp = _wrong(
    "You counted one layer of the MLP. It has two.",
    lambda n, s, e: 8 * n * e**2 + 2 * n * s * e,
)
operations = _wrong(
    "You counted additions as well. Count multiplications.",
    lambda n, s, e: 2 * (12 * n * e**2 + 2 * n * s * e),
)
hidden_left_out = _wrong(
    "You left out masked scores. They are calculated like all others.",
    lambda n, s, e: 12 * n * e**2 + (n * (n + 1) if n == s else 2 * n * s) * e,
)
square_always = _wrong(
    "With the cache you let all known steps ask. Only the new one does.",
    lambda n, s, e: 12 * n * e**2 + 2 * s * s * e,
)
new_keys_only = _wrong(
    "With the cache your new token meets one key. It meets all that are kept.",
    lambda n, s, e: 12 * n * e**2 + 2 * n * n * e,
)
linear_layers_for_all = _wrong(
    "With the cache you send all known tokens through the linear layers. Only the new one goes.",
    lambda n, s, e: 12 * s * e**2 + 2 * n * s * e,
)
projections_for_all = _wrong(
    "With the cache you calculate old keys and values again. They are kept.",
    lambda n, s, e: 12 * n * e**2 + 2 * (s - n) * e**2 + 2 * n * s * e,
)


def _right(steps, width, layers, cached):
    passes = range(1, steps + 1)
    new = [1] * steps if cached else passes
    return layers * sum(12 * n * width**2 + 2 * n * s * width for n, s in zip(new, passes))


@misconception(EXERCISE, "The number of layers is not used.")
def one_layer(steps, width, layers, *, cached):
    return _right(steps, width, 1, cached)


@misconception(EXERCISE, "cached is turned round.")
def turned_round(steps, width, layers, *, cached):
    return _right(steps, width, layers, not cached)


@misconception(EXERCISE, "cached changes nothing with you: you always count without a cache.")
def never_cached(steps, width, layers, *, cached):
    return _right(steps, width, layers, False)


@misconception(EXERCISE, "Your keys are those of the end at every step. Pass t has t of them.")
def keys_of_the_end(steps, width, layers, *, cached):
    new = steps if cached else steps * (steps + 1) // 2
    return layers * new * (12 * width**2 + 2 * steps * width)


@misconception(EXERCISE, "Your count is a float. It should be an int.")
def as_a_float(steps, width, layers, *, cached):
    return float(_right(steps, width, layers, cached))


@alternative(EXERCISE)
def in_closed_form(steps, width, layers, *, cached):
    first = steps * (steps + 1) // 2
    if cached:
        return layers * (12 * steps * width**2 + 2 * first * width)
    squares = first * (2 * steps + 1) // 3
    return layers * (12 * first * width**2 + 2 * squares * width)


@alternative(EXERCISE)
def product_by_product(steps, width, layers, *, cached):
    total = 0
    for _ in range(layers):
        for t in range(steps):
            n = 1 if cached else t + 1
            total += n * width * 3 * width + n * width * width
            total += n * width * 4 * width + n * 4 * width * width
            total += n * width * (t + 1) + n * (t + 1) * width
    return total


@alternative(EXERCISE)
def by_recursion(steps, width, layers, *, cached):
    if steps == 0:
        return 0
    new = 1 if cached else steps
    here = layers * new * 2 * width * (6 * width + steps)
    return here + by_recursion(steps - 1, width, layers, cached=cached)
