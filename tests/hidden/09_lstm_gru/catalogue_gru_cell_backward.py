"""gru_cell_backward: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from .gates import dsigmoid, dtanh

# Misconceptions


def make(
    *,
    candidate=lambda dh, z, n: dh * (1 - z) * dtanh(n),
    update=lambda dh, h, n, z: dh * (h - n) * dsigmoid(z),
    into_q=lambda dn, r, reset: dn * r if reset == "after" else dn,
    into_r=lambda dn, through, h, q, reset: dn * q if reset == "after" else through * h,
    r_slope=dsigmoid,
    leaving_q=lambda through, r, reset: through if reset == "after" else through * r,
    seen=lambda h, r, reset: h if reset == "after" else r * h,
    straight=lambda dh, z: dh * z,
    ways="rzq",
    turn=lambda w: w,
    order=(0, 1, 2),
    biases=lambda da, dq: (da.sum(axis=0), dq.sum(axis=0)),
    scale=lambda size: 1.0,
    variant=lambda reset: reset,
    returned=lambda *gradients: gradients,
):
    """A backward pass with one part of it exchanged."""

    def gru_cell_backward(dh, cache):
        x, h, r, z, n, q, w_ih, w_hh, reset = cache
        kind = variant(reset)
        w = dict(zip("rzq", (turn(block) for block in np.split(w_hh, 3)), strict=True))
        dn, dz = candidate(dh, z, n), update(dh, h, n, z)
        dq = into_q(dn, r, kind)
        through = dq @ w["q"]
        dr = into_r(dn, through, h, q, kind) * r_slope(r)
        back = {"r": dr @ w["r"], "z": dz @ w["z"], "q": leaving_q(through, r, kind)}
        dh_prev = straight(dh, z) + sum(back[way] for way in ways)
        side_x = np.concatenate([(dr, dz, dn)[k] for k in order], axis=1)
        side_h = [(dr, h), (dz, h), (dq, seen(h, r, kind))]
        dw_hh = np.concatenate([side_h[k][0].T @ side_h[k][1] for k in order])
        db_ih, db_hh = biases(side_x, np.concatenate([side_h[k][0] for k in order], axis=1))
        factor = scale(len(dh))
        return returned(side_x @ w_ih, dh_prev, factor * side_x.T @ x, factor * dw_hh, db_ih, db_hh)

    return gru_cell_backward


def wrong(message, **changed):
    return misconception("gru_cell_backward", message)(make(**changed))


no_straight_way = wrong(
    "The straight way back through z * h_prev is missing in dh_prev.", straight=lambda dh, z: 0
)
straight_way_whole = wrong(
    "The straight way back is dh * z; z is missing.", straight=lambda dh, z: dh
)
straight_way_swapped = wrong(
    "The straight way back is dh * z, not dh * (1 - z): z keeps.",
    straight=lambda dh, z: dh * (1 - z),
)
no_way_through_r = wrong("The way back to h_prev through the reset gate is missing.", ways="zq")
no_way_through_z = wrong("The way back to h_prev through the update gate is missing.", ways="rq")
no_way_through_q = wrong("The way back to h_prev through the candidate is missing.", ways="rz")
only_straight = wrong(
    "h_prev also influences both gates and the candidate: add the ways through r, z and q.", ways=""
)
update_sign = wrong(
    "The gradient of z has the wrong sign: h contains z * (h_prev - n).",
    update=lambda dh, h, n, z: dh * (n - h) * dsigmoid(z),
)
update_forgets_n = wrong(
    "z stands in two places, z * h_prev and (1 - z) * n: its gradient is dh * (h_prev - n).",
    update=lambda dh, h, n, z: dh * h * dsigmoid(z),
)
candidate_scaled_by_z = wrong(
    "The candidate enters h as (1 - z) * n. You scaled by z.",
    candidate=lambda dh, z, n: dh * z * dtanh(n),
)
candidate_unscaled = wrong(
    "The candidate enters h as (1 - z) * n: the factor 1 - z is missing.",
    candidate=lambda dh, z, n: dh * dtanh(n),
)
tanh_slope_missing = wrong(
    "The slope of the candidate's tanh, 1 - n**2, is missing.",
    candidate=lambda dh, z, n: dh * (1 - z),
)
sigmoid_slope_for_n = wrong(
    "The candidate is a tanh: its slope is 1 - n**2.",
    candidate=lambda dh, z, n: dh * (1 - z) * dsigmoid(n),
)
update_slope_missing = wrong(
    "The slope of the update gate, z(1 - z), is missing.", update=lambda dh, h, n, z: dh * (h - n)
)
reset_slope_missing = wrong(
    "The slope of the reset gate, r(1 - r), is missing.", r_slope=np.ones_like
)
gate_for_slope = wrong("The slope of a sigmoid is r(1 - r), not r.", r_slope=lambda r: r)
no_reset_gradient = wrong(
    "No gradient reaches the reset gate.", into_r=lambda dn, through, h, q, reset: 0 * dn
)
always_after = wrong(
    'With reset="before" you differentiated the other variant.', variant=lambda reset: "after"
)
always_before = wrong(
    'With reset="after" you differentiated the other variant.', variant=lambda reset: "before"
)
variants_swapped = wrong(
    "The two variants are exchanged.",
    variant=lambda reset: "before" if reset == "after" else "after",
)
q_not_reset = wrong(
    "Reset after: q is scaled by r, so its gradient is da_n * r. The factor r is missing.",
    into_q=lambda dn, r, reset: dn,
)
reset_ignores_bias = wrong(
    "Reset after: r scales q = h_prev W_hn + b_hn. Its gradient is da_n * q, not da_n * h_prev.",
    into_r=lambda dn, through, h, q, reset: dn * h if reset == "after" else through * h,
)
reset_by_q_before = wrong(
    "Reset before: r scales h_prev, so its gradient is (dq W_hn) * h_prev, not da_n * q.",
    into_r=lambda dn, through, h, q, reset: dn * q,
)
reset_misses_h = wrong(
    "Reset before: the gradient of r is (dq W_hn) * h_prev. The factor h_prev is missing.",
    into_r=lambda dn, through, h, q, reset: dn * q if reset == "after" else through,
)
leaving_unscaled = wrong(
    "Reset before: on its way to h_prev the gradient passes r again. The factor r is missing.",
    leaving_q=lambda through, r, reset: through,
)
scaled_twice = wrong(
    "Reset after: the gradient met r twice on its way to h_prev. dq already contains it.",
    leaving_q=lambda through, r, reset: through * r,
)
weights_saw_h = wrong(
    "Reset before: W_hn has seen r * h_prev, not h_prev.", seen=lambda h, r, reset: h
)
weights_saw_reset_h = wrong(
    "Reset after: W_hn has seen h_prev itself, not r * h_prev.", seen=lambda h, r, reset: r * h
)
same_biases = wrong(
    "db_hh equals db_ih in your result. With the reset after the product, b_hn stands "
    "inside: its gradient is da_n * r.",
    biases=lambda da, dq: (da.sum(axis=0), da.sum(axis=0)),
)
input_bias_reset = wrong(
    "b_in stands outside the reset: its gradient is da_n.",
    biases=lambda da, dq: (dq.sum(axis=0), dq.sum(axis=0)),
)
biases_averaged = wrong(
    "The gradients of the biases were averaged over the batch. They are sums.",
    biases=lambda da, dq: (da.mean(axis=0), dq.mean(axis=0)),
)
weights_averaged = wrong(
    "The gradients of the weights were divided by N. They are sums.", scale=lambda size: 1 / size
)
blocks_zrn = wrong(
    "You stacked the gradients as z, r, n. The order of the blocks is r, z, n.", order=(1, 0, 2)
)
transposed = wrong(
    "On the way back the hidden weights are not transposed: da @ W.", turn=lambda w: w.T
)
biases_first = wrong(
    "The order of your results is not that of the forward pass: dx, dh_prev, dw_ih, dw_hh, "
    "db_ih, db_hh.",
    returned=lambda dx, dh, dw_ih, dw_hh, db_ih, db_hh: (dx, dh, dw_ih, db_ih, dw_hh, db_hh),
)
states_swapped = wrong(
    "You returned dh_prev before dx. The order is dx, dh_prev, dw_ih, dw_hh, db_ih, db_hh.",
    returned=lambda dx, dh, *rest: (dh, dx, *rest),
)


# Alternatives


@alternative("gru_cell_backward")
def two_linear_layers(dh, cache):
    x, h, r, z, n, q, w_ih, w_hh, reset = cache
    m = h.shape[1]
    da_n = (1 - z - n**2 + z * n**2) * dh
    da_z = (z - z**2) * (dh * h - dh * n)
    if reset == "after":
        d = np.hstack([da_n * q * (r - r**2), da_z, da_n * r])
        dh_prev, dw_hh = dh * z + d @ w_hh, np.einsum("nk,nh->kh", d, h)
    else:
        s = da_n @ w_hh[2 * m :]
        d = np.hstack([s * h * (r - r**2), da_z, da_n])
        dh_prev = dh * z + d[:, : 2 * m] @ w_hh[: 2 * m] + s * r
        dw_hh = np.vstack([d[:, : 2 * m].T @ h, da_n.T @ (r * h)])
    dx_side = np.hstack([d[:, : 2 * m], da_n])
    return [dx_side @ w_ih, dh_prev, (x.T @ dx_side).T, dw_hh, np.ones(len(x)) @ dx_side, d.sum(0)]


@alternative("gru_cell_backward")
def sample_by_sample(dh, cache):
    *arrays, w_ih, w_hh, reset = cache
    rows = [make()(dh[[k]], (*(a[[k]] for a in arrays), w_ih, w_hh, reset)) for k in range(len(dh))]
    dx, dh_prev = (np.concatenate([row[k] for row in rows]) for k in range(2))
    return (dx, dh_prev, *(sum(row[k] for row in rows) for k in range(2, 6)))


@alternative("gru_cell_backward")
def slopes_from_atanh(dh, cache):
    x, h, r, z, n, q, w_ih, w_hh, reset = cache
    (w_r, w_z, w_n), after = np.split(w_hh, 3), reset == "after"
    da_n = dh * (1 - z) / np.cosh(np.arctanh(n)) ** 2
    dq = np.where(after, da_n * r, da_n)
    ds = np.dot(dq, w_n)
    da_r = np.where(after, da_n * q, ds * h) * r * (1 - r)
    da_z = -dh * (n - h) * z * (1 - z)
    dh_prev = da_r @ w_r + da_z @ w_z + ds * np.where(after, 1.0, r) + z * dh
    d = (da_r, da_z, da_n)
    dw_ih = np.concatenate([a.T @ x for a in d])
    dw_hh = np.concatenate([da_r.T @ h, da_z.T @ h, dq.T @ np.where(after, h, r * h)])
    db_ih, db_hh = (
        np.concatenate([a.sum(axis=0) for a in (da_r, da_z, last)]) for last in (da_n, dq)
    )
    return (
        sum(a @ w for a, w in zip(d, np.split(w_ih, 3), strict=True)),
        dh_prev,
        dw_ih,
        dw_hh,
        db_ih,
        db_hh,
    )
