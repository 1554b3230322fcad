"""parameter_count: known wrong implementations, by where they go wrong, and right ones."""

from gradlab.judge import alternative, misconception

# Misconceptions

KINDS = ("rnn", "gru", "lstm")


def _require(kind):
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}")


def make(
    *,
    blocks=(1, 3, 4),
    layer=lambda k, d, h, biases: k * h * (d + h + biases),
    widths=lambda d, h, layers: [d] + [h] * (layers - 1),
    default=2,
    require=_require,
):
    """A count with one part of it exchanged."""

    def parameter_count(kind, input_size, hidden_size, *, layers=1, biases=default):
        require(kind)
        k = dict(zip(KINDS, blocks, strict=True)).get(kind, 1)
        sizes = widths(input_size, hidden_size, layers)
        return sum(layer(k, d, hidden_size, biases) for d in sizes)

    return parameter_count


def wrong(message, **changed):
    return misconception("parameter_count", message)(make(**changed))


one_bias_default = wrong("By default you count one bias. torch has two: b_ih and b_hh.", default=1)
biases_ignored = wrong(
    "You always count two biases; the argument `biases` is not used.",
    layer=lambda k, d, h, biases: k * h * (d + h + 2),
)
always_one_bias = wrong(
    "You always count one bias; the argument `biases` is not used.",
    layer=lambda k, d, h, biases: k * h * (d + h + 1),
)
bias_or_none = wrong(
    "You count one bias where there are two.",
    layer=lambda k, d, h, biases: k * h * (d + h + (biases > 0)),
)
no_biases = wrong("The biases are missing.", layer=lambda k, d, h, biases: k * h * (d + h))
one_bias_for_all_blocks = wrong(
    "Each block has biases of its own.", layer=lambda k, d, h, biases: k * h * (d + h) + biases * h
)
one_number_a_bias = wrong(
    "A bias has one number for each unit, H in all.",
    layer=lambda k, d, h, biases: k * (h * (d + h) + biases),
)
lstm_three_blocks = wrong(
    "An LSTM has four blocks: the candidate g has weights too.", blocks=(1, 3, 3)
)
gru_two_blocks = wrong("A GRU has three blocks: the candidate n has weights too.", blocks=(1, 2, 4))
candidates_missing = wrong(
    "You counted the gates only. The candidates (g, n) have weights too.", blocks=(1, 2, 3)
)
gru_four_blocks = wrong("A GRU has three blocks: r, z and n.", blocks=(1, 4, 4))
all_alike = wrong("You counted one block. A GRU has three, an LSTM four.", blocks=(1, 1, 1))
no_recurrence = wrong(
    "The weights on the hidden state are missing: each block reads D + H numbers.",
    layer=lambda k, d, h, biases: k * h * (d + biases),
)
no_inputs = wrong(
    "The weights on the input are missing: each block reads D + H numbers.",
    layer=lambda k, d, h, biases: k * h * (h + biases),
)
sizes_swapped = wrong(
    "You exchanged input_size and hidden_size: a block has H units.",
    layer=lambda k, d, h, biases: k * d * (d + h + biases),
)
product_of_sizes = wrong(
    "You multiplied D by H twice: a block reads D + H numbers.",
    layer=lambda k, d, h, biases: k * h * (d * h + biases),
)
all_layers_read_d = wrong(
    "Your further layers read D inputs. They read the H outputs of the layer below.",
    widths=lambda d, h, layers: [d] * layers,
)
layers_ignored = wrong("The argument `layers` is not used.", widths=lambda d, h, layers: [d])
all_layers_read_h = wrong(
    "Your first layer reads H inputs. It reads D.", widths=lambda d, h, layers: [h] * layers
)
one_layer_more = wrong(
    "You count one layer too many.", widths=lambda d, h, layers: [d] + [h] * layers
)
no_refusal = wrong(
    "An unknown kind must raise a ValueError that names kind.", require=lambda kind: None
)


# Alternatives


@alternative("parameter_count")
def shape_by_shape(kind, input_size, hidden_size, *, layers=1, biases=2):
    rows = {"rnn": 1, "gru": 3, "lstm": 4}
    if kind not in rows:
        raise ValueError(f"kind {kind}")
    rows, total = rows[kind] * hidden_size, 0
    for layer in range(layers):
        columns = input_size if layer == 0 else hidden_size
        total += rows * columns + rows * hidden_size
        total += rows * biases
    return total


@alternative("parameter_count")
def in_closed_form(kind, input_size, hidden_size, *, layers=1, biases=2):
    if kind not in KINDS:
        raise ValueError("kind")
    units = hidden_size * (1, 3, 4)[KINDS.index(kind)]
    return units * (input_size + layers * (hidden_size + biases) + (layers - 1) * hidden_size)
