"""to_torch: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _require(order):
    if sorted(order) != sorted("ifgo"):
        raise ValueError(f"order is {order!r}")


def _blocks(order):
    return [order.index(letter) for letter in "ifgo"]


def _rearranged(a, blocks):
    return np.concatenate([np.split(a, 4)[k] for k in blocks])


def make(
    *,
    w_blocks=_blocks,
    b_blocks=_blocks,
    split=lambda w, hidden: (w[:, hidden:], w[:, :hidden]),
    biases=lambda b: (b, np.zeros_like(b)),
    returned=lambda *arrays: arrays,
    require=_require,
    default="ifgo",
):
    """A conversion with one part of it exchanged."""

    def to_torch(w, b, order=default):
        require(order)
        weight_ih, weight_hh = split(_rearranged(w, w_blocks(order)), len(b) // 4)
        return returned(weight_ih, weight_hh, *biases(_rearranged(b, b_blocks(order))))

    return to_torch


def wrong(message, **changed):
    return misconception("to_torch", message)(make(**changed))


def _inverse(order):
    return ["ifgo".index(letter) for letter in order]


def _nothing(order):
    return range(4)


def _output_third(order):
    return [order.index(letter) for letter in "ifog"]


def _first_columns(w, hidden):
    return w[:, : w.shape[1] - hidden], w[:, w.shape[1] - hidden :]


order_ignored = wrong(
    "The rows stayed as they were. Put the blocks into torch's order i, f, g, o.",
    w_blocks=_nothing,
    b_blocks=_nothing,
)
bias_order_ignored = wrong("The rows of w were reordered, those of b were not.", b_blocks=_nothing)
weight_order_ignored = wrong(
    "The rows of b were reordered, those of w were not.", w_blocks=_nothing
)
inverse_order = wrong(
    "You applied the permutation the wrong way round: ask where each of i, f, g, o stands in "
    "`order`.",
    w_blocks=_inverse,
    b_blocks=_inverse,
)
stacked_ifog = wrong(
    "You stacked i, f, o, g. torch's order is i, f, g, o.",
    w_blocks=_output_third,
    b_blocks=_output_third,
)
columns_swapped = wrong(
    "You took the first columns for x. The first H belong to h.", split=_first_columns
)
pair_swapped = wrong(
    "You returned weight_hh before weight_ih. The order is weight_ih, weight_hh, bias_ih, bias_hh.",
    returned=lambda ih, hh, b_ih, b_hh: (hh, ih, b_ih, b_hh),
)
transposed = wrong(
    "Your weights are transposed. torch's have a row for each output: (4H, D) and (4H, H).",
    returned=lambda ih, hh, b_ih, b_hh: (ih.T, hh.T, b_ih, b_hh),
)
doubled = wrong(
    "Both biases hold b, so torch adds it twice. Only their sum should be b.",
    biases=lambda b: (b, b),
)
bias_lost = wrong(
    "Both biases are zero: b got lost.", biases=lambda b: (np.zeros_like(b), np.zeros_like(b))
)
bias_subtracted = wrong(
    "The second bias cancels the first. Their sum should be b.", biases=lambda b: (b, -b)
)
one_bias_scalar = wrong(
    "bias_hh should be an array of shape (4H,), also when it is zero.",
    biases=lambda b: (b, np.zeros(1)),
)
no_refusal = wrong(
    "An order that is no permutation of i, f, g, o must raise a ValueError that names order.",
    require=lambda order: None,
    w_blocks=lambda order: [max(0, order.find(letter)) for letter in "ifgo"],
    b_blocks=lambda order: [max(0, order.find(letter)) for letter in "ifgo"],
)


def _only_letters(order):
    if not set(order) <= set("ifgo"):
        raise ValueError(f"order is {order!r}")


repeats_accepted = wrong(
    "An order in which a letter is missing or comes twice must be refused as well.",
    require=_only_letters,
    w_blocks=lambda order: [max(0, order.find(letter)) for letter in "ifgo"],
    b_blocks=lambda order: [max(0, order.find(letter)) for letter in "ifgo"],
)
other_default = wrong(
    "Without `order`, the rows are taken for f, i, g, o. The default is i, f, g, o.", default="figo"
)


@misconception("to_torch", "You reordered single rows. A gate is a block of H rows.")
def rows_interleaved(w, b, order="ifgo"):
    _require(order)
    hidden = len(b) // 4
    w = w.reshape(hidden, 4, -1)[:, _blocks(order)].reshape(w.shape)
    b = b.reshape(hidden, 4)[:, _blocks(order)].reshape(-1)
    return w[:, hidden:], w[:, :hidden], b, np.zeros_like(b)


# Alternatives


@alternative("to_torch")
def bias_with_h(w, b, order="ifgo"):
    _require(order)
    hidden = w.shape[0] // 4
    gates = {letter: slice(k * hidden, (k + 1) * hidden) for k, letter in enumerate(order)}
    weight_ih = np.vstack([w[gates[letter], hidden:] for letter in "ifgo"])
    weight_hh = np.vstack([w[gates[letter], :hidden] for letter in "ifgo"])
    return (
        weight_ih,
        weight_hh,
        np.zeros(4 * hidden),
        np.hstack([b[gates[letter]] for letter in "ifgo"]),
    )


@alternative("to_torch")
def bias_halved(w, b, order="ifgo"):
    if len(order) != 4 or set(order) != set("ifgo"):
        raise ValueError(f"order {order!r}")
    hidden = len(w) // 4
    rows = np.concatenate([np.arange(hidden) + order.index(letter) * hidden for letter in "ifgo"])
    return [w[rows, hidden:], w[rows, :hidden], b[rows] / 2, b[rows] / 2]
