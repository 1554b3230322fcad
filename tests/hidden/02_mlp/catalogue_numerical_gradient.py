"""numerical_gradient: known wrong quotients, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _refuse(h):
    if h <= 0:
        raise ValueError(f"h is {h}")


def _wrong(message, quotient):
    """Right loop and refusals; `quotient(f, x, step, h)` for each entry."""

    @misconception("numerical_gradient", message)
    def variant(f, x, *, h=1e-6):
        _refuse(h)
        gradient = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            step = np.zeros(x.shape)
            step[index] = h
            gradient[index] = quotient(f, x, step, h)
        return gradient

    return variant


forward_difference = _wrong(
    "You compared f(x + h) with f(x). Its error grows with h; compare with f(x - h), over 2h.",
    lambda f, x, step, h: (f(x + step) - f(x)) / h,
)
backward_difference = _wrong(
    "You compared f(x) with f(x - h). Its error grows with h; compare f(x + h) with f(x - h).",
    lambda f, x, step, h: (f(x) - f(x - step)) / h,
)
divided_by_h = _wrong(
    "Your gradient is twice too large: the two points are 2h apart.",
    lambda f, x, step, h: (f(x + step) - f(x - step)) / h,
)
not_divided = _wrong(
    "You did not divide by the distance of the two points, 2h.",
    lambda f, x, step, h: f(x + step) - f(x - step),
)
half_steps = _wrong(
    "You moved by h/2 to each side. The exercise wants h to each side, over 2h.",
    lambda f, x, step, h: (f(x + step / 2) - f(x - step / 2)) / h,
)
sign_swapped = _wrong(
    "Your gradient has the wrong sign: f(x + h) comes first.",
    lambda f, x, step, h: (f(x - step) - f(x + step)) / (2 * h),
)
divided_twice = _wrong(
    "Your gradient is half of what it should be: divide by 2h once.",
    lambda f, x, step, h: (f(x + step) - f(x - step)) / (4 * h),
)
moved_all = _wrong(
    "You moved all entries at once. Each entry of the gradient moves one entry of x.",
    lambda f, x, step, h: (f(x + h) - f(x - h)) / (2 * h),
)
step_fixed = _wrong(
    "Your step is 1e-6 whatever h is. Use h.",
    lambda f, x, step, h: (f(x + step / h * 1e-6) - f(x - step / h * 1e-6)) / 2e-6,
)
richardson = _wrong(
    "You combined two steps to get closer to the slope. The exercise wants the plain quotient.",
    lambda f, x, step, h: (
        (8 * (f(x + step / 2) - f(x - step / 2)) - (f(x + step) - f(x - step))) / (6 * h)
    ),
)


@misconception(
    "numerical_gradient", "Your step grows with the entry of x. It is h for every entry."
)
def relative_step(f, x, *, h=1e-6):
    _refuse(h)
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = h * max(1.0, abs(x[index]))
        gradient[index] = (f(x + step) - f(x - step)) / (2 * step[index])
    return gradient


@misconception(
    "numerical_gradient", "You did not put each entry back before you moved the next one."
)
def not_put_back(f, x, *, h=1e-6):
    _refuse(h)
    moving, gradient = x.copy(), np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        moving[index] += h
        above = f(moving)
        moving[index] -= 2 * h
        gradient[index] = (above - f(moving)) / (2 * h)
    return gradient


@misconception("numerical_gradient", "You moved whole rows of x. Each entry has its own slope.")
def rows_only(f, x, *, h=1e-6):
    _refuse(h)
    gradient = np.zeros(x.shape)
    for row in range(len(x)):
        step = np.zeros(x.shape)
        step[row] = h
        gradient[row] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient


@misconception("numerical_gradient", "Your gradient is flat; give it the shape of x.")
def flattened(f, x, *, h=1e-6):
    _refuse(h)
    columns = (h * np.eye(x.size)).reshape(x.size, *x.shape)
    return np.array([(f(x + step) - f(x - step)) / (2 * h) for step in columns])


@misconception("numerical_gradient", "Unless h is given, it is 1e-6; yours is much larger.")
def coarse_default(f, x, *, h=1e-4):
    return central(f, x, h=h)


@misconception("numerical_gradient", "Unless h is given, it is 1e-6; yours is too small.")
def fine_default(f, x, *, h=1e-10):
    return central(f, x, h=h)


@misconception("numerical_gradient", "An h of 0 or below must raise a ValueError that names h.")
def any_step_accepted(f, x, *, h=1e-6):
    return central(f, x, h=abs(h) or 1e-6)


@misconception("numerical_gradient", "You worked on x itself and left it changed. Use a copy.")
def x_changed(f, x, *, h=1e-6):
    _refuse(h)
    gradient = central(f, x, h=h)
    x += h
    return gradient


# Alternatives


@alternative("numerical_gradient")
def central(f, x, *, h=1e-6):
    _refuse(h)
    columns = (h * np.eye(x.size)).reshape(x.size, *x.shape)
    return np.array([(f(x + s) - f(x - s)) / h / 2 for s in columns]).reshape(x.shape)


@alternative("numerical_gradient")
def in_a_copy(f, x, *, h=1e-6):
    _refuse(h)
    moving, gradient = x.copy(), np.empty_like(x)
    for i in range(x.size):
        old = moving.flat[i]
        moving.flat[i] = old + h
        above = f(moving)
        moving.flat[i] = old - h
        gradient.flat[i] = (above - f(moving)) / (2.0 * h)
        moving.flat[i] = old
    return gradient


@alternative("numerical_gradient")
def in_place_and_back(f, x, *, h=1e-6):
    _refuse(h)
    gradient = np.zeros_like(x, dtype=float)
    with np.nditer(x, flags=["multi_index"]) as walk:
        for value in walk:
            index, old = walk.multi_index, float(value)
            moved = np.array(x)
            moved[index] = old + h
            above = f(moved)
            moved[index] = old - h
            gradient[index] = 0.5 * (above - f(moved)) / h
    return gradient
