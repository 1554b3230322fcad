"""truncated_backward: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(window):
    if window < 1:
        raise ValueError(f"window is {window}, expected 1 or more")


def _borders(steps, window):
    return [(start, min(start + window, steps)) for start in range(0, steps, window)]


def make(
    *,
    windows=_borders,
    before=lambda h, h0, start: h[:, start - 1] if start else h0,
    first=lambda dh0: dh0[0],
    total=sum,
    given=lambda dh: dh,
    join=lambda dx: dx,
    refuse=_refuse,
):
    """Truncated backpropagation with one part of it exchanged."""

    def truncated_backward(backward, dh, cache, window):
        refuse(window)
        x, h0, w_x, w_h, h = cache
        results = []
        for start, stop in windows(h.shape[1], window):
            piece = x[:, start:stop], before(h, h0, start), w_x, w_h, h[:, start:stop]
            results.append(backward(given(dh[:, start:stop]), piece))
        dx, dh0, dw_x, dw_h, db = zip(*results, strict=True)
        dx = np.concatenate(join(dx), axis=1)
        dx = np.pad(dx, ((0, 0), (0, max(0, h.shape[1] - dx.shape[1])), (0, 0)))
        return dx, first(dh0), total(dw_x), total(dw_h), total(db)

    return truncated_backward


def wrong(message, **changed):
    return misconception("truncated_backward", message)(make(**changed))


not_cut = wrong(
    "Your gradient is not cut: it is that of the whole sequence.",
    windows=lambda steps, window: [(0, steps)],
)
counted_from_the_end = wrong(
    "Your windows are counted from the last step. The first window begins at the first step; the "
    "short one is the last.",
    windows=lambda steps, window: [
        (max(0, stop - window), stop) for stop in range(steps, 0, -window)
    ][::-1],
)
short_window_lost = wrong(
    "The steps after the last full window have no gradient. They are a window too, a short one.",
    windows=lambda steps, window: (
        [(s, s + window) for s in range(0, steps - window + 1, window)] or [(0, steps)]
    ),
)
short_window_joined = wrong(
    "The steps after the last full window were added to it. They are a window of their own.",
    windows=lambda steps, window: [
        *_borders(steps, window)[: steps // window][:-1],
        (max(0, steps // window - 1) * window, steps),
    ],
)
one_step_longer = wrong(
    "Your windows have one step more than window says.",
    windows=lambda steps, window: _borders(steps, window + 1),
)
one_step_shorter = wrong(
    "Your windows have one step less than window says.",
    windows=lambda steps, window: _borders(steps, max(1, window - 1)),
)
number_of_windows = wrong(
    "You cut the sequence into `window` pieces. window is the number of steps of each piece.",
    windows=lambda steps, window: _borders(steps, -(-steps // min(window, steps))),
)
state_not_carried = wrong(
    "Every window starts from h0. The state is carried: a window starts from the state before it.",
    before=lambda h, h0, start: h0,
)
state_zero = wrong(
    "The later windows start from zero. The state is carried: a window starts from the state "
    "before it.",
    before=lambda h, h0, start: np.zeros_like(h0) if start else h0,
)
own_first_state = wrong(
    "A window starts from its own first state, h[:, start]. It starts from the one before.",
    before=lambda h, h0, start: h[:, start] if start else h0,
)
h0_wraps_round = wrong(
    "The first window starts from h[:, -1], the last state. It starts from h0.",
    before=lambda h, h0, start: h[:, start - 1],
)
dh0_of_the_last_window = wrong(
    "dh0 comes from the last window. Only the first window knows anything about h0.",
    first=lambda dh0: dh0[-1],
)
dh0_summed = wrong(
    "dh0 is the sum over all windows. The later ones start from another state than h0.", first=sum
)
dh0_zero = wrong(
    "dh0 is zero. The gradient of the first window does reach h0.",
    first=lambda dh0: np.zeros_like(dh0[0]),
)
parameters_averaged = wrong(
    "dw_x, dw_h and db were averaged over the windows. They are sums.",
    total=lambda parts: sum(parts) / len(parts),
)
parameters_of_the_last = wrong(
    "dw_x, dw_h and db hold one window only, the last. Add up all windows.",
    total=lambda parts: parts[-1],
)
parameters_of_the_first = wrong(
    "dw_x, dw_h and db hold the first window only. Add up all windows.",
    total=lambda parts: parts[0],
)
loss_at_the_border = wrong(
    "Within a window only the loss of its last step enters. Each step has a gradient, dh[:, t].",
    given=lambda dh: dh * (np.arange(dh.shape[1]) == dh.shape[1] - 1)[:, None],
)
windows_turned_round = wrong(
    "The windows of dx are joined in reverse order.", join=lambda dx: dx[::-1]
)
no_refusal = wrong(
    "A window below 1 must raise a ValueError that names window.",
    refuse=lambda window: None,
    windows=lambda steps, window: _borders(steps, max(1, window)),
)


@misconception(
    "truncated_backward",
    "Each loss goes back `window` steps from where it stands: your windows overlap. They are "
    "disjoint here; what crosses a border is lost.",
)
def sliding(backward, dh, cache, window):
    _refuse(window)
    x, h0, w_x, w_h, h = cache
    dx, dh0 = np.zeros_like(x), np.zeros_like(h0)
    sums = [np.zeros_like(w_h)] * 3
    for t in range(h.shape[1]):
        start = max(0, t + 1 - window)
        only = np.zeros_like(dh[:, start : t + 1])
        only[:, -1] = dh[:, t]
        before = h[:, start - 1] if start else h0
        piece = x[:, start : t + 1], before, w_x, w_h, h[:, start : t + 1]
        part, first, *new = backward(only, piece)
        dx[:, start : t + 1] += part
        dh0 = dh0 + (first if start == 0 else 0.0)
        sums = [a + b for a, b in zip(sums, new)]
    return dx, dh0, *sums


@misconception(
    "truncated_backward",
    "Only the last window has a gradient. Every window has one, for its own losses.",
)
def last_window_only(backward, dh, cache, window):
    _refuse(window)
    x, h0, w_x, w_h, h = cache
    start = max(0, h.shape[1] - window)
    before = h[:, start - 1] if start else h0
    dx, *rest = backward(dh[:, start:], (x[:, start:], before, w_x, w_h, h[:, start:]))
    return np.pad(dx, ((0, 0), (start, 0), (0, 0))), *rest


@misconception("truncated_backward", "You changed dh in place. Your caller still needs it.")
def in_place(backward, dh, cache, window):
    result = make()(backward, dh, cache, window)
    dh *= 0.5
    return result


# Alternatives


@alternative("truncated_backward")
def last_window_first(backward, dh, cache, window):
    _refuse(window)
    x, h0, w_x, w_h, h = cache
    pieces, sums = [], [0.0, 0.0, 0.0]
    for stop in range(h.shape[1] - (h.shape[1] - 1) % window - 1 + window, 0, -window):
        start = stop - window
        old = h0 if start == 0 else h[:, start - 1]
        part = slice(start, min(stop, h.shape[1]))
        dx, dh0, *new = backward(dh[:, part].copy(), (x[:, part], old, w_x, w_h, h[:, part]))
        pieces.insert(0, dx)
        sums = [a + b for a, b in zip(sums, new)]
    return np.hstack(pieces), dh0, *sums


@alternative("truncated_backward")
def filled_in(backward, dh, cache, window):
    _refuse(window)
    x, h0, w_x, w_h, h = cache
    dx, first, total = np.zeros_like(x), None, None
    before = np.concatenate([h0[:, None], h], axis=1)
    for start in range(0, h.shape[1], window):
        part = slice(start, start + window)
        dx[:, part], dh0, *new = backward(
            dh[:, part], [x[:, part], before[:, start], w_x, w_h, h[:, part]]
        )
        first = dh0 if first is None else first
        total = new if total is None else [a + b for a, b in zip(total, new)]
    return [dx, first, *total]


@alternative("truncated_backward")
def recursive(backward, dh, cache, window):
    _refuse(window)
    x, h0, w_x, w_h, h = cache
    here = backward(dh[:, :window], (x[:, :window], h0, w_x, w_h, h[:, :window]))
    if window >= h.shape[1]:
        return here
    later = x[:, window:], h[:, window - 1], w_x, w_h, h[:, window:]
    there = recursive(backward, dh[:, window:], later, window)
    return np.concatenate([here[0], there[0]], axis=1), here[1], *map(np.add, here[2:], there[2:])
