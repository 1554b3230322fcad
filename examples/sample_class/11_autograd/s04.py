"""
base = "solution"
why = "Prints everywhere, a tensor class of its own beside the given one, and a rule in a class."
rest = "full"

[expected]
"""

# %%
LOG = []


def log(*values):
    LOG.append(values)
    print("LOG", *values)


# %% exercise="divide"
class Division:
    def __init__(self, a, b):
        self.a, self.b = a, b
        log("divide", a.shape, b.shape)

    def __call__(self, g):
        log("pull", g)
        return g / self.b, g * -self.a * self.b**-2.0


def divide(a, b):
    return a / b, Division(a, b)


# %% exercise="topological_order"
def topological_order(root):
    log("order of", root)
    position = {}
    tensors = {}

    def deepen(tensor, depth):
        # the longest way from the root decides
        if position.get(id(tensor), -1) < depth:
            position[id(tensor)] = depth
            tensors[id(tensor)] = tensor
            for parent in tensor.parents:
                deepen(parent, depth + 1)

    deepen(root, 0)
    keys = sorted(tensors, key=lambda key: position[key], reverse=True)
    log(keys)
    return [tensors[key] for key in keys]


# %%
class MyTensor(Tensor):
    """Tried out; not used below."""

    def __repr__(self):
        return f"<{self.data.shape}>"


print(MyTensor([1.0, 2.0]))


# %% exercise="backward"
def backward(root, gradient=None, *, topological_order, unbroadcast):
    log("backward", root, gradient)
    if not root.requires_grad:
        raise ValueError(f"nothing to do for root {root!r}")
    if gradient is None and root.data.size != 1:
        raise ValueError(f"{root!r} needs a gradient")
    if gradient is None:
        gradient = np.full(root.data.shape, 1.0)
    if gradient.shape != root.data.shape:
        raise ValueError(f"wrong shape of gradient: {gradient.shape}")
    order = topological_order(root)
    total_of = {id(tensor): np.zeros(tensor.data.shape) for tensor in order}
    total_of[id(root)] += gradient
    while order:
        tensor = order.pop()
        if not tensor.requires_grad:
            continue
        g = total_of[id(tensor)]
        log(tensor, g)
        if tensor.pull is None:
            before = 0.0 if tensor.grad is None else tensor.grad
            tensor.grad = before + g
            continue
        for parent, part in zip(tensor.parents, tensor.pull(g)):
            total_of[id(parent)] += unbroadcast(part, parent.data.shape)


# %% exercise="no_grad"
class no_grad(contextlib.ContextDecorator):
    def __init__(self, owner=Tensor):
        self.owner, self.stack = owner, []

    def __enter__(self):
        log("off")
        self.stack.append(self.owner.recording)
        self.owner.recording = False
        return self

    def __exit__(self, *error):
        log("back", error)
        self.owner.recording = self.stack.pop()
