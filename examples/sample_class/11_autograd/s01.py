"""
base = "stub"
why = "Everything right in another style: loops, lists for tuples, a stack, sums in lists."
rest = "full"

[expected]
"""


# %% exercise="unbroadcast"
def unbroadcast(g, shape):
    shape = tuple(shape)
    try:
        fits = np.broadcast_shapes(g.shape, shape) == g.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"an array of shape {shape} was never broadcast to {g.shape}")
    while g.ndim > len(shape):
        g = np.add.reduce(g, axis=0)
    for axis in range(len(shape)):
        if shape[axis] == 1 and g.shape[axis] != 1:
            g = g.sum(axis=axis, keepdims=True)
    return g


# %% exercise="gradcheck"
def gradcheck(rule, arrays, upstream, *, step=1e-6):
    value, pull = rule(*arrays)
    if np.shape(value) != upstream.shape:
        raise ValueError(f"upstream is {upstream.shape}, the value is {np.shape(value)}")
    analytic = list(pull(upstream))
    if len(analytic) != len(arrays):
        raise ValueError(f"pull gives {len(analytic)} gradients for {len(arrays)} arrays")
    errors = []
    for k in range(len(arrays)):
        p = np.asarray(analytic[k])
        if p.shape != arrays[k].shape:
            raise ValueError(f"pull: gradient {k} is {p.shape}, the array {arrays[k].shape}")
        if not np.all(np.isfinite(p)):
            return np.inf
        flat = arrays[k].ravel()
        for i in range(flat.size):
            ends = []
            for sign in (1.0, -1.0):
                moved = flat.copy()
                moved[i] += sign * step
                given = arrays[:k] + [moved.reshape(p.shape)] + arrays[k + 1 :]
                ends.append(np.vdot(upstream, rule(*given)[0]))
            q = (ends[0] - ends[1]) / (2 * step)
            errors.append(abs(p.ravel()[i] - q) / max(1, abs(q)))
    return float(np.max(errors))


# %% exercise="elementwise"
def elementwise(x, *, name):
    functions = {"exp": np.exp, "log": np.log, "tanh": np.tanh, "relu": lambda x: x * (x > 0)}
    if name not in functions:
        raise ValueError(f"the name {name!r} is unknown")
    y = functions[name](x)

    def pull(g):
        if name == "exp":
            return [g * y]
        if name == "log":
            return [np.divide(g, x)]
        if name == "tanh":
            return [g - g * y * y]
        return [np.where(y > 0, g, 0.0)]

    return [y, pull]


# %% exercise="divide"
def divide(a, b):
    quotient = np.divide(a, b)

    def pull(g):
        for_a = g / b
        return [for_a, -quotient * for_a]

    return [quotient, pull]


# %% exercise="power"
def power(x, *, exponent):
    if isinstance(exponent, np.ndarray) or not np.isreal(exponent) or isinstance(exponent, str):
        raise ValueError("exponent must be one plain number")
    if exponent is None:
        raise ValueError("exponent is None")
    slope = 0.0 * x if exponent == 0 else exponent * np.power(x, exponent - 1.0)
    return np.power(x, exponent), lambda g: [slope * g]


# %% exercise="matmul"
def matmul(a, b):
    if min(a.ndim, b.ndim) < 2:
        name, x = ("a", a) if a.ndim < 2 else ("b", b)
        raise ValueError(f"{name}: a matrix or a stack of them is needed, its shape is {x.shape}")

    def pull(g):
        return [np.einsum("...ij,...kj->...ik", g, b), np.einsum("...ji,...jk->...ik", a, g)]

    return [np.einsum("...ij,...jk->...ik", a, b), pull]


# %% exercise="total"
def total(x, *, axis=None, keepdims=False):
    kept = np.sum(x, axis=axis, keepdims=True)
    value = kept if keepdims else x.sum(axis=axis)
    return value, lambda g: [np.ones(x.shape) * np.reshape(g, kept.shape)]


# %% exercise="transpose"
def transpose(x, *, axes=None):
    if axes is None:
        return x.T, lambda g: [g.T]
    axes = [a if a >= 0 else a + x.ndim for a in axes]
    back = [0] * x.ndim
    for new, old in enumerate(axes):
        back[old] = new
    return x.transpose(axes), lambda g: [g.transpose(back)]


# %% exercise="pick"
def pick(x, *, index):
    numbers = np.arange(x.size).reshape(x.shape)[index]

    def pull(g):
        return [np.bincount(np.ravel(numbers), np.ravel(g), x.size).reshape(x.shape)]

    return x[index], pull


# %% exercise="log_softmax"
def log_softmax(x, *, axis=-1):
    m = np.max(x, axis=axis, keepdims=True)
    e = np.exp(x - m)
    s = e / e.sum(axis=axis, keepdims=True)

    def pull(g):
        return [g - s * np.sum(g, axis=axis, keepdims=True)]

    return x - m - np.log(e.sum(axis=axis, keepdims=True)), pull


# %% exercise="record"
def record(rule, *inputs, **options):
    parents = []
    for item in inputs:
        parents.append(item if isinstance(item, Tensor) else Tensor(item, requires_grad=False))
    value, pull = rule(*[p.data for p in parents], **options)
    out = Tensor(value)
    if Tensor.recording:
        out.requires_grad = any([p.requires_grad for p in parents])
        if out.requires_grad:
            out.parents = tuple(parents)
            out.pull = pull
    return out


# %% exercise="topological_order"
def topological_order(root):
    order, done, stack = [], set(), [(root, iter(root.parents))]
    started = {id(root)}
    while stack:
        tensor, rest = stack[-1]
        for parent in rest:
            if id(parent) not in started:
                started.add(id(parent))
                stack.append((parent, iter(parent.parents)))
                break
        else:
            stack.pop()
            if id(tensor) not in done:
                done.add(id(tensor))
                order.append(tensor)
    return order


# %% exercise="backward"
def backward(root, gradient=None, *, topological_order, unbroadcast):
    if root.requires_grad is False:
        raise ValueError("the root does not need any")
    if gradient is None and root.data.size == 1:
        gradient = np.ones(root.data.shape)
    if gradient is None or np.shape(gradient) != root.data.shape:
        raise ValueError(f"a gradient of shape {root.data.shape} is needed")
    arrived = {id(root): [gradient]}
    order = topological_order(root)
    for tensor in order[::-1]:
        parts = arrived.get(id(tensor), [])
        if not tensor.requires_grad:
            continue
        g = np.zeros(tensor.data.shape)
        for part in parts:
            g = g + part
        if tensor.pull is None:
            tensor.grad = g if tensor.grad is None else g + tensor.grad
        else:
            for parent, part in zip(tensor.parents, tensor.pull(g)):
                part = unbroadcast(part, parent.data.shape)
                arrived.setdefault(id(parent), []).append(part)


# %% exercise="exposing_program"
def exposing_program():
    values = [2, 2, 0.5]
    program = []
    program.append(["*", 0, 0])
    program.append(["-", 1, 3])
    program.append(["*", 4, 3])
    program.append(["*", 2, 2])
    program.append(["+", 5, 4])
    program.append(["*", 3, 7])
    program.append(["-", 8, 5])
    return values, program


# %% exercise="no_grad"
@contextlib.contextmanager
def no_grad(owner=Tensor):
    kept = owner.recording
    owner.recording = False
    try:
        yield owner
    finally:
        owner.recording = kept


# %% exercise="predict_gradients"
def predict_gradients():
    a = 3
    return [2 * a + 1, 2 * (2 * a + 1), a * a, 5 * 4 * 2]


# %% exercise="Module"
class Module:
    def _tensors(self, value):
        if isinstance(value, Tensor):
            return [value]
        if isinstance(value, Module):
            value = vars(value)
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            return [tensor for item in value for tensor in self._tensors(item)]
        return []

    def parameters(self):
        unique = {id(t): t for t in self._tensors(self) if t.requires_grad}
        return list(unique.values())

    def zero_grad(self):
        for p in self.parameters():
            p.grad = None


# %% exercise="grad"
def grad(output, inputs, *, topological_order):
    zero = Scalar(0.0)
    order = topological_order(output)
    derivative = {id(s): zero for s in list(inputs) + list(order)}
    derivative[id(output)] = Scalar(1.0)
    for s in reversed(order):
        if s.parents:
            for parent, part in zip(s.parents, s.pull(derivative[id(s)])):
                derivative[id(parent)] = derivative[id(parent)] + part
    return [derivative[id(s)] for s in inputs]
