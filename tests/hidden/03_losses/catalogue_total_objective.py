"""total_objective: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

NAME = "total_objective"


def _weights(parameters):
    return [W for W, _ in parameters]


def _total(loss, gradients, parameters, penalties, *, value=1.0, slope=1.0):
    """The right result, with penalties whose values and slopes may be multiplied by a factor."""
    slopes = [dW.copy() for dW, _ in gradients]
    for penalty, strength in penalties:
        more, extra = penalty(_weights(parameters), strength)
        loss = loss + value * more
        slopes = [dW + slope * e for dW, e in zip(slopes, extra)]
    return loss, [(dW, db.copy()) for dW, (_, db) in zip(slopes, gradients)]


# Misconceptions: what is penalised


@misconception(
    NAME,
    "The biases are penalised as well. Hand the penalties the weights only, and leave db alone.",
)
def biases_penalised(loss, gradients, parameters, penalties):
    arrays = [a for pair in parameters for a in pair]
    slopes = [d.copy() for pair in gradients for d in pair]
    for penalty, strength in penalties:
        more, extra = penalty(arrays, strength)
        loss, slopes = loss + more, [d + e for d, e in zip(slopes, extra)]
    return loss, list(zip(slopes[::2], slopes[1::2]))


@misconception(NAME, "The value of your penalty includes the biases. They are never penalised.")
def biases_in_the_value(loss, gradients, parameters, penalties):
    _, right = _total(loss, gradients, parameters, penalties)
    return loss + sum(
        p([a for pair in parameters for a in pair], s)[0] for p, s in penalties
    ), right


@misconception(NAME, "The penalties are on the biases. They belong on the weights.")
def biases_only(loss, gradients, parameters, penalties):
    slopes = [db.copy() for _, db in gradients]
    for penalty, strength in penalties:
        more, extra = penalty([b for _, b in parameters], strength)
        loss, slopes = loss + more, [db + e for db, e in zip(slopes, extra)]
    return loss, [(dW.copy(), db) for (dW, _), db in zip(gradients, slopes)]


@misconception(NAME, "Only the first layer is penalised. All weights are.")
def first_layer_only(loss, gradients, parameters, penalties):
    value, first = _total(loss, gradients[:1], parameters[:1], penalties)
    return value, first + [(dW.copy(), db.copy()) for dW, db in gradients[1:]]


@misconception(NAME, "The last layer is not penalised. All weights are.")
def last_layer_left_out(loss, gradients, parameters, penalties):
    value, others = _total(loss, gradients[:-1], parameters[:-1], penalties)
    return value, others + [(dW.copy(), db.copy()) for dW, db in gradients[-1:]]


@misconception(NAME, "You handed the penalties the gradients. They take the weights.")
def gradients_penalised(loss, gradients, parameters, penalties):
    return _total(loss, gradients, gradients, penalties)


@misconception(NAME, "Only the first penalty is used. Add all of them.")
def first_penalty_only(loss, gradients, parameters, penalties):
    return _total(loss, gradients, parameters, penalties[:1])


@misconception(NAME, "Only the last penalty is used: each one replaces the one before it.")
def last_penalty_only(loss, gradients, parameters, penalties):
    return _total(loss, gradients, parameters, penalties[-1:])


# Misconceptions: what is added


@misconception(NAME, "The values of the penalties are missing in your objective.")
def value_dropped(loss, gradients, parameters, penalties):
    return loss, _total(loss, gradients, parameters, penalties)[1]


@misconception(
    NAME, "The gradients of the penalties are missing: the loss is penalised, not the step."
)
def gradients_dropped(loss, gradients, parameters, penalties):
    value, _ = _total(loss, gradients, parameters, penalties)
    return value, [(dW.copy(), db.copy()) for dW, db in gradients]


@misconception(NAME, "The penalties are not used at all.")
def penalties_ignored(loss, gradients, parameters, penalties):
    return loss, [(dW.copy(), db.copy()) for dW, db in gradients]


@misconception(NAME, "Your objective holds the penalties only. Add them to the loss.")
def loss_dropped(loss, gradients, parameters, penalties):
    value, right = _total(loss, gradients, parameters, penalties)
    return value - loss, right


@misconception(NAME, "The gradient of the last penalty overwrites the others: add them all.")
def slopes_of_the_last_penalty(loss, gradients, parameters, penalties):
    value, _ = _total(loss, gradients, parameters, penalties)
    return value, _total(loss, gradients, parameters, penalties[-1:])[1]


@misconception(NAME, "Your gradients are those of the penalties only. Add the loss's.")
def loss_gradients_dropped(loss, gradients, parameters, penalties):
    value, right = _total(loss, gradients, parameters, penalties)
    return value, [(dW - own, db) for (dW, db), (own, _) in zip(right, gradients)]


@misconception(NAME, "You subtracted the penalties. Large weights should cost, not pay.")
def subtracted(loss, gradients, parameters, penalties):
    return _total(loss, gradients, parameters, penalties, value=-1.0, slope=-1.0)


@misconception(NAME, "You subtracted the penalties' gradients. Add them.")
def gradients_subtracted(loss, gradients, parameters, penalties):
    return _total(loss, gradients, parameters, penalties, slope=-1.0)


@misconception(NAME, "You multiplied by the strength once more. The penalty has it already.")
def strength_twice(loss, gradients, parameters, penalties):
    twice = [(lambda ws, s, p=p: _scaled(p(ws, s), s), s) for p, s in penalties]
    return _total(loss, gradients, parameters, twice)


@misconception(
    NAME, "The gradients are multiplied by the strength once more. They have it already."
)
def strength_twice_in_gradients(loss, gradients, parameters, penalties):
    value, _ = _total(loss, gradients, parameters, penalties)
    return value, strength_twice(loss, gradients, parameters, penalties)[1]


@misconception(NAME, "You called the penalties with strength 1. Use their own.")
def strength_ignored(loss, gradients, parameters, penalties):
    return _total(loss, gradients, parameters, [(p, 1.0) for p, _ in penalties])


@misconception(NAME, "All penalties got the strength of the first.")
def first_strength_for_all(loss, gradients, parameters, penalties):
    same = [(p, penalties[0][1]) for p, _ in penalties]
    return _total(loss, gradients, parameters, same)


@misconception(NAME, "You averaged over the layers. Penalties are summed.")
def averaged_over_layers(loss, gradients, parameters, penalties):
    share = 1 / len(parameters)
    return _total(loss, gradients, parameters, penalties, value=share, slope=share)


@misconception(NAME, "You averaged over the penalties. They are summed.")
def averaged_over_penalties(loss, gradients, parameters, penalties):
    share = 1 / max(len(penalties), 1)
    return _total(loss, gradients, parameters, penalties, value=share, slope=share)


@misconception(NAME, "You divided the penalties by the number of rows of each array.")
def divided_by_rows(loss, gradients, parameters, penalties):
    value, right = _total(loss, gradients, parameters, penalties)
    slopes = [(own + (dW - own) / len(dW), db) for (dW, db), (own, _) in zip(right, gradients)]
    return value, slopes


def _scaled(result, factor):
    return result[0] * factor, [factor * gradient for gradient in result[1]]


# Misconceptions: what is returned and changed


@misconception(NAME, "dW += ... changes the caller's gradients. Compute dW + ... instead.")
def in_place(loss, gradients, parameters, penalties):
    for penalty, strength in penalties:
        more, extra = penalty(_weights(parameters), strength)
        loss = loss + more
        for (dW, _), e in zip(gradients, extra):
            dW += e
    return loss, gradients


@misconception(NAME, "The list of penalties may be empty.")
def none_refused(loss, gradients, parameters, penalties):
    if not penalties:
        raise ValueError("penalties is empty")
    return _total(loss, gradients, parameters, penalties)


@misconception(NAME, "The pairs are turned round: return (dW, db).")
def pairs_turned(loss, gradients, parameters, penalties):
    value, right = _total(loss, gradients, parameters, penalties)
    return value, [(db, dW) for dW, db in right]


@misconception(NAME, "The layers come back in reverse order.")
def layers_reversed(loss, gradients, parameters, penalties):
    value, right = _total(loss, gradients, parameters, penalties)
    return value, right[::-1]


@misconception(NAME, "The gradients by the biases are missing. Return (dW, db) for each layer.")
def biases_dropped(loss, gradients, parameters, penalties):
    value, right = _total(loss, gradients, parameters, penalties)
    return value, [dW for dW, _ in right]


@misconception(NAME, "The penalty's slopes are added to db as well, summed over the inputs.")
def slopes_for_biases_too(loss, gradients, parameters, penalties):
    value, right = _total(loss, gradients, parameters, penalties)
    pairs = zip(right, gradients)
    return value, [(dW, db + (dW - own).sum(axis=1)) for (dW, db), (own, _) in pairs]


# Alternatives


@alternative(NAME)
def by_index(loss, gradients, parameters, penalties):
    weights, objective = [pair[0] for pair in parameters], float(loss)
    result = [[np.array(dW), np.array(db)] for dW, db in gradients]
    for penalty, strength in penalties:
        value, extra = penalty(weights, strength)
        objective += value
        for layer in range(len(weights)):
            result[layer][0] = result[layer][0] + extra[layer]
    return objective, [tuple(pair) for pair in result]


@alternative(NAME)
def all_results_first(loss, gradients, parameters, penalties):
    results = [penalty([W for W, _ in parameters], strength) for penalty, strength in penalties]
    slopes = [
        (sum((extra[layer] for _, extra in results), dW.copy()), db.copy())
        for layer, (dW, db) in enumerate(gradients)
    ]
    return loss + sum(value for value, _ in results), slopes


@alternative(NAME)
def biases_shared(loss, gradients, parameters, penalties):
    """The db may be the caller's arrays: nothing was added to them."""
    total, dWs = loss, [dW + 0.0 for dW, _ in gradients]
    for penalty, strength in penalties:
        value, extra = penalty(_weights(parameters), strength)
        total = total + value
        for dW, e in zip(dWs, extra):
            dW += e
    return total, [(dW, db) for dW, (_, db) in zip(dWs, gradients)]


@alternative(NAME)
def one_layer_at_a_time(loss, gradients, parameters, penalties):
    objective, result = loss, []
    for (W, _), (dW, db) in zip(parameters, gradients):
        parts = [penalty([W], strength) for penalty, strength in penalties]
        objective = objective + sum(value for value, _ in parts)
        result.append((dW + sum((extra[0] for _, extra in parts), np.zeros_like(dW)), db.copy()))
    return objective, result
