"""one_hidden_forward: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _wrong(message, compute):
    @misconception("one_hidden_forward", message)
    def variant(x, w1, b1, w2, b2, phi):
        if w2.shape[1] != len(w1):
            raise ValueError(f"w2 has shape {w2.shape}")
        return compute(x, w1, b1, w2, b2, phi)

    return variant


activation_at_the_end = _wrong(
    "You applied the activation to the output as well. It stands between the layers only.",
    lambda x, w1, b1, w2, b2, phi: phi(phi(x @ w1.T + b1) @ w2.T + b2),
)
activation_at_the_end_only = _wrong(
    "You applied the activation to the output. It belongs to the hidden layer.",
    lambda x, w1, b1, w2, b2, phi: phi((x @ w1.T + b1) @ w2.T + b2),
)
no_activation = _wrong(
    "There is no activation in your network: it is a single linear layer in disguise.",
    lambda x, w1, b1, w2, b2, phi: (x @ w1.T + b1) @ w2.T + b2,
)
activation_on_x = _wrong(
    "You applied the activation to x. The input goes in as it is.",
    lambda x, w1, b1, w2, b2, phi: (phi(x) @ w1.T + b1) @ w2.T + b2,
)
activation_before_bias = _wrong(
    "You added b1 after the activation. The bias comes first.",
    lambda x, w1, b1, w2, b2, phi: (phi(x @ w1.T) + b1) @ w2.T + b2,
)
activation_twice = _wrong(
    "You applied the activation to the hidden layer twice.",
    lambda x, w1, b1, w2, b2, phi: phi(phi(x @ w1.T + b1)) @ w2.T + b2,
)
always_relu = _wrong(
    "Your hidden layer uses ReLU. Use the activation phi that is given.",
    lambda x, w1, b1, w2, b2, phi: np.maximum(x @ w1.T + b1, 0.0) @ w2.T + b2,
)
always_tanh = _wrong(
    "Your hidden layer uses tanh. Use the activation phi that is given.",
    lambda x, w1, b1, w2, b2, phi: np.tanh(x @ w1.T + b1) @ w2.T + b2,
)
hidden_bias_missing = _wrong(
    "The hidden bias b1 is missing.",
    lambda x, w1, b1, w2, b2, phi: phi(x @ w1.T) @ w2.T + b2,
)
output_bias_missing = _wrong(
    "The output bias b2 is missing.",
    lambda x, w1, b1, w2, b2, phi: phi(x @ w1.T + b1) @ w2.T,
)
biases_missing = _wrong(
    "Both biases are missing.", lambda x, w1, b1, w2, b2, phi: phi(x @ w1.T) @ w2.T
)
hidden_only = _wrong(
    "You returned the hidden layer. The output layer is missing.",
    lambda x, w1, b1, w2, b2, phi: phi(x @ w1.T + b1),
)
first_weights_untransposed = _wrong(
    "Where D = H, you used w1 instead of its transpose.",
    lambda x, w1, b1, w2, b2, phi: (
        phi(x @ (w1 if w1.shape[0] == w1.shape[1] else w1.T) + b1) @ w2.T + b2
    ),
)
second_weights_untransposed = _wrong(
    "Where H = T, you used w2 instead of its transpose.",
    lambda x, w1, b1, w2, b2, phi: (
        phi(x @ w1.T + b1) @ (w2 if w2.shape[0] == w2.shape[1] else w2.T) + b2
    ),
)
averaged = _wrong(
    "You averaged over the hidden units. Their contributions are added.",
    lambda x, w1, b1, w2, b2, phi: phi(x @ w1.T + b1) @ w2.T / len(w1) + b2,
)


@misconception("one_hidden_forward", "A w2 that does not fit the hidden layer must raise.")
def any_width_accepted(x, w1, b1, w2, b2, phi):
    seen = min(len(w1), w2.shape[1])
    return phi(x @ w1.T + b1)[:, :seen] @ w2[:, :seen].T + b2


@alternative("one_hidden_forward")
def by_einsum(x, w1, b1, w2, b2, phi):
    if w2.shape[1] != w1.shape[0]:
        raise ValueError(f"w2 should have {w1.shape[0]} columns")
    hidden = phi(np.einsum("nd,hd->nh", x, w1) + b1)
    return np.einsum("nh,th->nt", hidden, w2) + b2


@alternative("one_hidden_forward")
def sample_by_sample(x, w1, b1, w2, b2, phi):
    if w2.shape[1:] != b1.shape:
        raise ValueError(f"w2: {w2.shape}")
    return np.stack([w2 @ phi(w1 @ sample + b1) + b2 for sample in x])


@alternative("one_hidden_forward")
def unit_by_unit(x, w1, b1, w2, b2, phi):
    if w2.shape[1] != len(b1):
        raise ValueError(f"w2 has {w2.shape[1]} columns for {len(b1)} units")
    y = np.repeat(b2[None], len(x), axis=0)
    for j in range(len(w1)):
        y = y + phi(x @ w1[j] + b1[j])[:, None] * w2[:, j]
    return y
