"""output_recurrence: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(x, b_y, targets):
    expected = (*x.shape[:2], len(b_y))
    if targets is not None and targets.shape != expected:
        raise ValueError(f"targets has shape {targets.shape}, expected {expected}")


def make(
    *,
    start=lambda o0, targets: o0,
    following=lambda o, h, targets, t, o0: o if targets is None else targets[:, t],
    add=lambda x, seen, w_x, w_o, b: x @ w_x.T + seen @ w_o.T + b,
    activate=np.tanh,
    read=lambda h, w_y, b_y, x: h @ w_y.T + b_y,
    finish=lambda outputs, o0: np.stack(outputs, axis=1),
    refuse=_refuse,
):
    """The loop with one part of it exchanged."""

    def output_recurrence(x, o0, w_x, w_o, b, w_y, b_y, *, targets=None):
        refuse(x, b_y, targets)
        outputs, seen = [], start(o0, targets)
        for t in range(x.shape[1]):
            h = activate(add(x[:, t], seen, w_x, w_o, b))
            outputs.append(read(h, w_y, b_y, x))
            seen = following(outputs[-1], h, targets, t, o0)
        return finish(outputs, o0)

    return output_recurrence


def wrong(message, **changed):
    return misconception("output_recurrence", message)(make(**changed))


teacher_ignored = wrong(
    "The targets are not used: with a teacher, each step sees the last step's target.",
    following=lambda o, h, targets, t, o0: o,
)
o0_lost = wrong(
    "The first step sees zeros. It sees o0.", start=lambda o0, targets: np.zeros_like(o0)
)
o0_lost_with_a_teacher = wrong(
    "With a teacher, your first step sees zeros. It sees o0, as without one.",
    start=lambda o0, targets: o0 if targets is None else np.zeros_like(o0),
)
target_of_the_same_step = wrong(
    "With a teacher, each step sees its own target, the very thing it has to predict. It sees that "
    "of the step before.",
    start=lambda o0, targets: o0 if targets is None else targets[:, 0],
    following=lambda o, h, targets, t, o0: (
        o if targets is None else targets[:, min(t + 1, targets.shape[1] - 1)]
    ),
)
target_two_steps_before = wrong(
    "With a teacher, each step sees the target of two steps before. It sees the last step's.",
    following=lambda o, h, targets, t, o0: (
        o if targets is None else (targets[:, t - 1] if t else o0)
    ),
)
target_wraps_round = wrong(
    "With a teacher, your first step sees the last target, targets[:, -1]. It sees o0.",
    start=lambda o0, targets: o0 if targets is None else targets[:, -1],
)
teacher_once = wrong(
    "The teacher speaks at the second step only. All later steps see the last target too.",
    following=lambda o, h, targets, t, o0: targets[:, 0] if targets is not None and t == 0 else o,
)
teacher_every_other_step = wrong(
    "Only every other step sees its teacher. All steps after the first do.",
    following=lambda o, h, targets, t, o0: o if targets is None or t % 2 else targets[:, t],
)
averaged_with_teacher = wrong(
    "With a teacher, a mean of output and target is fed back. Feed the target alone.",
    following=lambda o, h, targets, t, o0: o if targets is None else (o + targets[:, t]) / 2,
)
first_target_for_all = wrong(
    "All steps see the first target. Each sees that of the step before it.",
    following=lambda o, h, targets, t, o0: o if targets is None else targets[:, 0],
)
always_o0 = wrong(
    "Without a teacher, every step sees o0. Each sees the output of the step before.",
    following=lambda o, h, targets, t, o0: o0 if targets is None else targets[:, t],
)
squashed_output = wrong(
    "The output is squashed before it is fed back. It is fed back as it is.",
    following=lambda o, h, targets, t, o0: np.tanh(o) if targets is None else targets[:, t],
)
output_activation = wrong(
    "Your output has an activation function. It is a linear layer alone.",
    read=lambda h, w_y, b_y, x: np.tanh(h @ w_y.T + b_y),
)
output_bias_missing = wrong(
    "b_y is missing in your outputs.", read=lambda h, w_y, b_y, x: h @ w_y.T
)
hidden_bias_missing = wrong(
    "b is missing inside the tanh.", add=lambda x, seen, w_x, w_o, b: x @ w_x.T + seen @ w_o.T
)
no_feedback = wrong(
    "The outputs do not depend on what is fed back. Multiply it by w_o.T and add.",
    add=lambda x, seen, w_x, w_o, b: x @ w_x.T + b,
)
no_input = wrong(
    "The outputs do not depend on x.", add=lambda x, seen, w_x, w_o, b: seen @ w_o.T + b
)
no_activation = wrong("The tanh of the hidden units is missing.", activate=lambda a: a)
w_o_transposed = wrong(
    "w_o is used the wrong way round: it is (H, C), so multiply by w_o.T.",
    add=lambda x, seen, w_x, w_o, b: x @ w_x.T + seen @ np.reshape(w_o, w_o.T.shape) + b,
)
outputs_late = wrong(
    "Your outputs come one step late: o0 is the first of them. The first is that of step 0.",
    finish=lambda outputs, o0: np.stack([o0, *outputs[:-1]], axis=1),
)
turned_round = wrong(
    "Your outputs are in reverse order of time.",
    finish=lambda outputs, o0: np.stack(outputs[::-1], axis=1),
)
any_targets_accepted = wrong(
    "Targets of another shape than the outputs must raise a ValueError that names targets.",
    refuse=lambda x, b_y, targets: None,
    following=lambda o, h, targets, t, o0: o if targets is None else np.resize(targets, o.shape),
)


@misconception(
    "output_recurrence",
    "The hidden state is fed back, not the output. What the next step sees has passed w_y and b_y.",
)
def state_fed_back(x, o0, w_x, w_o, b, w_y, b_y, *, targets=None):
    _refuse(x, b_y, targets)
    outputs, seen = [], o0
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ w_x.T + seen @ w_o.T + b)
        outputs.append(h @ w_y.T + b_y)
        seen = np.resize(h, o0.shape) if targets is None else targets[:, t]
    return np.stack(outputs, axis=1)


@misconception("output_recurrence", "The hidden states came back. Return the outputs, (N, T, C).")
def states_returned(x, o0, w_x, w_o, b, w_y, b_y, *, targets=None):
    _refuse(x, b_y, targets)
    states, seen = [], o0
    for t in range(x.shape[1]):
        states.append(np.tanh(x[:, t] @ w_x.T + seen @ w_o.T + b))
        seen = states[-1] @ w_y.T + b_y if targets is None else targets[:, t]
    return np.stack(states, axis=1)


# Alternatives


@alternative("output_recurrence")
def all_at_once_with_a_teacher(x, o0, w_x, w_o, b, w_y, b_y, *, targets=None):
    _refuse(x, b_y, targets)
    if targets is not None:
        seen = np.concatenate([o0[:, None], targets[:, :-1]], axis=1)
        return np.tanh(x @ w_x.T + seen @ w_o.T + b) @ w_y.T + b_y
    return make()(x, o0, w_x, w_o, b, w_y, b_y)


@alternative("output_recurrence")
def as_a_recurrence_of_states(x, o0, w_x, w_o, b, w_y, b_y, *, targets=None):
    _refuse(x, b_y, targets)
    w_h, a, states = w_o @ w_y, x @ w_x.T + b, []
    for t in range(x.shape[1]):
        if t == 0:
            back = o0 @ w_o.T
        elif targets is None:
            back = states[-1] @ w_h.T + w_o @ b_y
        else:
            back = targets[:, t - 1] @ w_o.T
        states.append(np.tanh(a[:, t] + back))
    return np.einsum("tnh,ch->ntc", np.array(states), w_y) + b_y


@alternative("output_recurrence")
def sample_by_sample(x, o0, w_x, w_o, b, w_y, b_y, *, targets=None):
    _refuse(x, b_y, targets)
    outputs = np.zeros((*x.shape[:2], len(b_y)))
    for n in range(len(x)):
        for t in range(x.shape[1]):
            source = outputs if targets is None else targets
            seen = source[n, t - 1] if t > 0 else o0[n]
            outputs[n, t] = w_y @ np.tanh(w_x @ x[n, t] + w_o @ seen + b) + b_y
    return outputs
