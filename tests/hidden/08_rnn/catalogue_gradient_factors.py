"""gradient_factors: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(h, w_h):
    units = h.shape[1]
    if w_h.shape != (units, units):
        raise ValueError(f"w_h has shape {w_h.shape}, expected {(units, units)}")


def _slope(h, t):
    return (1.0 - h[t + 1] ** 2)[:, None]


def make(
    *,
    step=lambda h, w_h, t: _slope(h, t) * w_h,
    join=lambda product, step: product @ step,
    norm=lambda product: np.linalg.norm(product, 2),
    start=1.0,
    finish=lambda factors: factors,
    refuse=_refuse,
):
    """The measurement with one part of it exchanged."""

    def gradient_factors(h, w_h):
        refuse(h, w_h)
        factors, product = np.ones(len(h)), start * np.eye(h.shape[1])
        for t in reversed(range(len(h) - 1)):
            product = join(product, step(h, w_h, t))
            factors[t] = norm(product)
        return finish(factors)

    return gradient_factors


def wrong(message, **changed):
    return misconception("gradient_factors", message)(make(**changed))


frobenius = wrong(
    "You took the Frobenius norm, NumPy's default for matrices. The spectral norm is norm(P, 2).",
    norm=np.linalg.norm,
)
spectral_radius = wrong(
    "You took the largest eigenvalue. The spectral norm is the largest singular value.",
    norm=lambda product: np.abs(np.linalg.eigvals(product)).max(),
)
determinant = wrong(
    "You took the determinant. The spectral norm is the largest singular value.",
    norm=lambda product: abs(np.linalg.det(product)),
)
smallest_singular_value = wrong(
    "You took the smallest singular value. It is the largest one that counts.",
    norm=lambda product: np.linalg.norm(product, -2),
)
largest_entry = wrong(
    "You took the largest entry. The spectral norm is the largest singular value.",
    norm=lambda product: np.abs(product).max(),
)
row_sums = wrong(
    "You took the largest row sum, norm(P, inf). The spectral norm is norm(P, 2).",
    norm=lambda product: np.linalg.norm(product, np.inf),
)
squared_norm = wrong(
    "Your factors are squares of the right ones.",
    norm=lambda product: np.linalg.norm(product, 2) ** 2,
)
other_side = wrong(
    "Each further matrix was multiplied on the left. Going back in time, it comes in on the right.",
    join=lambda product, step: step @ product,
)
not_a_product = wrong(
    "Each entry is the norm of a single step. The steps are multiplied, from t to the last.",
    join=lambda product, step: step,
)
slope_missing = wrong(
    "The slope of the tanh is missing: a step's matrix is diag(1 - h**2) times w_h.",
    step=lambda h, w_h, t: w_h,
)
slope_of_the_earlier_state = wrong(
    "The slope was taken at the earlier state. The step from h[t] to h[t + 1] has the later one's.",
    step=lambda h, w_h, t: (1.0 - h[t] ** 2)[:, None] * w_h,
)
slope_not_squared = wrong(
    "You used 1 - h for the slope of the tanh. It is 1 - h**2.",
    step=lambda h, w_h, t: (1.0 - h[t + 1])[:, None] * w_h,
)
slope_of_the_output = wrong(
    "You took the tanh of h once more. h is a tanh already: its slope is 1 - h**2.",
    step=lambda h, w_h, t: (1.0 - np.tanh(h[t + 1]) ** 2)[:, None] * w_h,
)
slope_on_columns = wrong(
    "The slope was multiplied onto the columns of w_h. It belongs to the rows, the new units.",
    step=lambda h, w_h, t: (1.0 - h[t + 1] ** 2) * w_h,
)
slope_averaged = wrong(
    "You used the mean slope of all units. Each unit has its own.",
    step=lambda h, w_h, t: (1.0 - h[t + 1] ** 2).mean() * w_h,
)
w_h_transposed = wrong(
    "w_h is transposed: the derivative of w_h @ h with respect to h is w_h.",
    step=lambda h, w_h, t: _slope(h, t) * w_h.T,
)
by_distance = wrong(
    "Your factors are ordered by distance. Entry t belongs to h[t]; the last one is 1.",
    finish=lambda factors: factors[::-1],
)
any_w_h_accepted = wrong(
    "A w_h of another shape than (H, H) must raise a ValueError that names w_h.",
    refuse=lambda h, w_h: None,
    step=lambda h, w_h, t: _slope(h, t) * np.resize(w_h, (h.shape[1],) * 2),
)


@misconception(
    "gradient_factors",
    "You multiplied the norms of the steps. That is an upper bound; take the norm of the product.",
)
def product_of_norms(h, w_h):
    _refuse(h, w_h)
    norms = [np.linalg.norm(_slope(h, t) * w_h, 2) for t in range(len(h) - 1)]
    return np.array([np.prod(norms[t:]) for t in range(len(h))])


@misconception(
    "gradient_factors",
    "You took powers of one norm of w_h. The slopes of the tanh differ from step to step.",
)
def powers_of_the_norm(h, w_h):
    _refuse(h, w_h)
    return np.linalg.norm(w_h, 2) ** np.arange(len(h) - 1.0, -1.0, -1.0)


@misconception(
    "gradient_factors",
    "Your entry t includes the step into h[t], one too many. The last entry is 1.",
)
def one_step_too_many(h, w_h):
    _refuse(h, w_h)
    return make()(np.concatenate([np.zeros((1, h.shape[1])), h]), w_h)[:-1]


@misconception("gradient_factors", "The entry of the last state is missing; it is 1.")
def last_entry_missing(h, w_h):
    return make()(h, w_h)[:-1]


# Alternatives


@alternative("gradient_factors")
def each_from_scratch(h, w_h):
    _refuse(h, w_h)
    factors = []
    for t in range(len(h)):
        product = np.eye(len(w_h))
        for s in range(t + 1, len(h)):
            product = np.diag(1.0 - h[s] ** 2) @ w_h @ product
        factors.append(np.linalg.svd(product, compute_uv=False)[0])
    return np.array(factors)


@alternative("gradient_factors")
def backwards_in_rows(h, w_h):
    _refuse(h, w_h)
    back, factors = np.eye(len(w_h)), [1.0]
    for state in h[:0:-1]:
        back = (back * (1.0 - state * state)) @ w_h  # each row is one unit's gradient
        factors.append(np.sqrt(np.linalg.eigvalsh(back @ back.T).max()))
    return np.array(factors[::-1])


@alternative("gradient_factors")
def by_einsum(h, w_h):
    _refuse(h, w_h)
    products = [np.eye(len(w_h))]
    for t in range(len(h) - 1, 0, -1):
        products.append(np.einsum("ij,j,jk->ik", products[-1], 1.0 - h[t] ** 2, w_h))
    return np.linalg.norm(np.stack(products[::-1]), ord=2, axis=(1, 2))
