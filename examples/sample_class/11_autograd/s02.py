"""
base = "solution"
why = "The classical mistakes of home-made engines, one in each exercise: few marks."
rest = "full"

[expected]
unbroadcast = 1.5
gradcheck = 2.6667
power = 1.5
matmul = 1.5
total = 0.75
transpose = 1
pick = 1.8
log_softmax = 0
record = 0.6667
topological_order = 1
backward = 3.2353
exposing_program = 0
no_grad = 1.6667
predict_gradients = 1.5
Module = 1

[misconceptions]
unbroadcast = "new_axes_only"
gradcheck = "nan_lost"
power = "zero_not_apart"
matmul = "all_axes_reversed"
total = "axis_not_put_back"
transpose = "same_order_back"
pick = "assigned"
log_softmax = "diagonal_only"
record = "all_must_need_it"
topological_order = "breadth_first"
backward = "second_pass_replaces"
exposing_program = "doubled_twice"
no_grad = "AlwaysOnAgain"
predict_gradients = "no_grad_undone"
Module = "NotInLists"
"""


# %% exercise="unbroadcast"
def unbroadcast(g, shape):
    extra = g.ndim - len(shape)
    if extra < 0:
        raise ValueError(f"shape {shape} is too long for {g.shape}")
    for n, m in zip(shape, g.shape[extra:]):
        if n != 1 and n != m:
            raise ValueError(f"shape {shape} does not fit {g.shape}")
    for _ in range(extra):
        g = g.sum(axis=0)
    return g


# %% exercise="gradcheck"
def gradcheck(rule, arrays, upstream, *, step=1e-6):
    value, pull = rule(*arrays)
    if upstream.shape != np.shape(value):
        raise ValueError(f"upstream has shape {upstream.shape}")
    gradients = pull(upstream)
    if [np.shape(p) for p in gradients] != [a.shape for a in arrays]:
        raise ValueError("pull returned other shapes")
    worst = 0.0
    for k, p in enumerate(gradients):
        for index in np.ndindex(arrays[k].shape):
            up, down = [a.copy() for a in arrays], [a.copy() for a in arrays]
            up[k][index] += step
            down[k][index] -= step
            q = np.sum(upstream * (rule(*up)[0] - rule(*down)[0])) / (2 * step)
            worst = max(worst, float(abs(p[index] - q) / max(1.0, abs(q))))
    return worst


# %% exercise="power"
def power(x, *, exponent):
    if not isinstance(exponent, (int, float)):
        raise ValueError("exponent must be a number")
    return x**exponent, lambda g: (g * exponent * x ** (exponent - 1.0),)


# %% exercise="matmul"
def matmul(a, b):
    for name, x in (("a", a), ("b", b)):
        if x.ndim < 2:
            raise ValueError(f"{name} has shape {x.shape}")

    def pull(g):
        try:
            da = g @ b.T
        except ValueError:
            da = np.zeros_like(a)
        try:
            db = a.T @ g
        except ValueError:
            db = np.zeros_like(b)
        da = da if da.shape == a.shape else np.zeros_like(a)
        db = db if db.shape == b.shape else np.zeros_like(b)
        return da, db

    return a @ b, pull


# %% exercise="total"
def total(x, *, axis=None, keepdims=False):
    def pull(g):
        try:
            return (np.broadcast_to(g, x.shape).copy(),)
        except ValueError:
            return (np.resize(g, x.shape),)

    return np.sum(x, axis=axis, keepdims=keepdims), pull


# %% exercise="transpose"
def transpose(x, *, axes=None):
    axes = tuple(range(x.ndim))[::-1] if axes is None else axes
    return np.transpose(x, axes), lambda g: (np.transpose(g, axes).reshape(x.shape),)


# %% exercise="pick"
def pick(x, *, index):
    def pull(g):
        gradient = np.zeros_like(x)
        gradient[index] += g
        return (gradient,)

    return x[index], pull


# %% exercise="log_softmax"
def log_softmax(x, *, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    value = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return value, lambda g: (g * (1 - np.exp(value)),)


# %% exercise="record"
def record(rule, *inputs, **options):
    tensors = [item if isinstance(item, Tensor) else Tensor(item) for item in inputs]
    value, pull = rule(*(tensor.data for tensor in tensors), **options)
    if Tensor.recording and all(tensor.requires_grad for tensor in tensors):
        return Tensor(value, requires_grad=True, parents=tensors, pull=pull)
    return Tensor(value)


# %% exercise="topological_order"
def topological_order(root):
    order, met = [root], {id(root)}
    for tensor in order:
        for parent in tensor.parents:
            if id(parent) not in met:
                met.add(id(parent))
                order.append(parent)
    return list(reversed(order))


# %% exercise="backward"
def backward(root, gradient=None, *, topological_order, unbroadcast):
    if not root.requires_grad:
        raise ValueError("root requires no gradient")
    if gradient is None:
        if root.data.size != 1:
            raise ValueError("gradient is missing")
        gradient = np.ones_like(root.data)
    if gradient.shape != root.data.shape:
        raise ValueError("gradient has another shape")
    sums = {id(root): gradient}
    for tensor in reversed(topological_order(root)):
        if not tensor.requires_grad:
            continue
        g = sums[id(tensor)]
        if tensor.pull is None:
            tensor.grad = g.copy()
            continue
        for parent, part in zip(tensor.parents, tensor.pull(g)):
            if parent.requires_grad:
                part = unbroadcast(part, parent.data.shape)
                sums[id(parent)] = sums.get(id(parent), 0) + part


# %% exercise="exposing_program"
def exposing_program():
    return [3.0], [("+", 0, 0), ("+", 1, 1)]


# %% exercise="no_grad"
class no_grad:
    def __init__(self, owner=Tensor):
        self.owner = owner

    def __enter__(self):
        self.owner.recording = False

    def __exit__(self, kind, error, traceback):
        self.owner.recording = True


# %% exercise="predict_gradients"
def predict_gradients():
    return 7.0, 14.0, 27.0, 40.0


# %% exercise="Module"
class Module:
    def parameters(self):
        found = []

        def search(values):
            for value in values:
                if isinstance(value, Tensor):
                    if value.requires_grad and not any(value is other for other in found):
                        found.append(value)
                elif isinstance(value, Module):
                    search(vars(value).values())
                elif isinstance(value, dict):
                    search(value.values())

        search(vars(self).values())
        return found

    def zero_grad(self):
        for parameter in self.parameters():
            parameter.grad = None
