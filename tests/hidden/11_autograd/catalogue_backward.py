"""backward: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _start(root, gradient):
    """The gradient to begin with, or the refusals."""
    if not root.requires_grad:
        raise ValueError("the root does not require one")
    if gradient is None:
        if root.data.size != 1:
            raise ValueError(f"a gradient is needed for shape {root.data.shape}")
        return np.ones(root.data.shape)
    if np.shape(gradient) != root.data.shape:
        raise ValueError(f"the gradient has shape {np.shape(gradient)}")
    return gradient


def _give(leaf, g):
    leaf.grad = np.array(g) if leaf.grad is None else leaf.grad + g


def _walk(
    root, gradient, order, fit, *, start=_start, give=_give, key=id, add=lambda old, new: old + new,
    parts=lambda node, g: list(zip(node.parents, node.pull(g))), wants=lambda p: p.requires_grad,
    between=lambda node, g: None,
):  # fmt: skip
    """A backward pass in which one thing may be done another way."""
    sums = {key(root): start(root, gradient)}
    for node in reversed(order(root)):
        if key(node) not in sums:
            continue
        g = sums[key(node)]
        if node.pull is None:
            give(node, g)
            continue
        between(node, g)
        for parent, part in parts(node, g):
            if wants(parent):
                part = fit(part, parent.data.shape)
                known = key(parent) in sums
                sums[key(parent)] = add(sums[key(parent)], part) if known else part


def _wrong(message, **changes):
    @misconception("backward", message)
    def variant(root, gradient=None, *, topological_order, unbroadcast):
        _walk(root, gradient, topological_order, unbroadcast, **changes)

    return variant


# Misconceptions: several uses

last_use_only = _wrong(
    "A tensor that is used several times keeps the gradient of one use only. They add up.",
    add=lambda old, new: new,
)
first_use_only = _wrong(
    "A tensor that is used several times keeps the gradient that came first. They add up.",
    add=lambda old, new: old,
)
averaged_over_uses = _wrong(
    "The gradients of several uses are averaged. They add up.",
    add=lambda old, new: (old + new) / 2,
)
same_parent_once = _wrong(
    "A tensor that is twice among the parents (a * a) is counted once. It gets both gradients.",
    parts=lambda node, g: list(dict(zip(node.parents, node.pull(g))).items()),
)
equal_values_mixed = _wrong(
    "Tensors of equal value share one sum. They are two tensors.",
    key=lambda node: (node.data.shape, node.data.tobytes()),
)
first_parent_only = _wrong(
    "Only the first parent of each tensor gets its gradient.",
    parts=lambda node, g: list(zip(node.parents, node.pull(g)))[:1],
)


@misconception(
    "backward",
    "The gradient so far is passed on at every arrival, all of it each time. Wait until it is "
    "complete: a + a, b + b gives 8 then, and 4 is right.",
)
def passed_on_too_often(root, gradient=None, *, topological_order, unbroadcast):
    sums, leaves = {id(root): _start(root, gradient)}, {}

    def push(node):
        if node.pull is None:
            leaves[id(node)] = node
            return
        for parent, part in zip(node.parents, node.pull(sums[id(node)])):
            if parent.requires_grad:
                part = unbroadcast(part, parent.data.shape)
                sums[id(parent)] = sums.get(id(parent), 0.0) + part
                push(parent)

    push(root)
    for leaf in leaves.values():
        _give(leaf, sums[id(leaf)])


def _breadth_first(root):
    order = [root]
    for node in order:
        order.extend({id(p): p for p in node.parents if all(p is not o for o in order)}.values())
    return order[::-1]


@misconception(
    "backward",
    "The tensors are handled breadth first: some pass their gradient on before it is complete. Use "
    "the topological order.",
)
def breadth_first(root, gradient=None, *, topological_order, unbroadcast):
    _walk(root, gradient, _breadth_first, unbroadcast)


def _depth_first(root):
    order, met = [], set()

    def visit(node):
        if id(node) not in met:
            met.add(id(node))
            order.append(node)
            for parent in node.parents:
                visit(parent)

    visit(root)
    return order[::-1]


@misconception(
    "backward",
    "Each tensor is handled when its first gradient arrives, depth first. Others are to come.",
)
def depth_first(root, gradient=None, *, topological_order, unbroadcast):
    _walk(root, gradient, _depth_first, unbroadcast)


@misconception("backward", "The list is walked from its start. The root is at the end: reverse it.")
def from_the_leaves(root, gradient=None, *, topological_order, unbroadcast):
    def turned(root):
        return topological_order(root)[::-1]

    _walk(root, gradient, turned, unbroadcast)
    for node in topological_order(root):
        if node.pull is None and node.requires_grad and node.grad is None:
            node.grad = np.zeros_like(node.data)


def _add_part_in_place(old, new):
    old += new
    return old


def _copied_start(root, gradient):
    return np.array(_start(root, gradient))


shared_sums = _wrong(
    "Two sums share one array: the rule of a + b returns it twice, and `+=` into one changes the "
    "other. Write sums[key] = sums[key] + part.",
    add=_add_part_in_place,
    start=_copied_start,
)

# Misconceptions: several passes


def _replace(leaf, g):
    leaf.grad = np.array(g)


def _add_in_place(leaf, g):
    if leaf.grad is None:
        leaf.grad = g
    else:
        leaf.grad += g


second_pass_replaces = _wrong(
    "A second pass replaces the gradient of the first. It adds to what a leaf has.", give=_replace
)
one_array_for_two = _wrong(
    "A leaf's grad is the array that arrived, and `+=` then changes it for whoever shares it: the "
    "other leaf of a + b, or your caller. Keep a copy.",
    give=_add_in_place,
)


@misconception(
    "backward",
    "Results in between keep the gradient of the first pass, and the second counts it again. They "
    "are to end without one.",
)
def stale_between(root, gradient=None, *, topological_order, unbroadcast):
    g = _start(root, gradient)
    root.grad = g if root.grad is None else root.grad + g
    for node in reversed(topological_order(root)):
        if node.pull is not None and node.grad is not None:
            for parent, part in zip(node.parents, node.pull(node.grad)):
                if parent.requires_grad:
                    _give(parent, unbroadcast(part, parent.data.shape))


_kept = {}


@misconception(
    "backward", "Sums of an earlier pass are still there in the next one. Start each with none."
)
def sums_kept(root, gradient=None, *, topological_order, unbroadcast):
    g = _start(root, gradient)
    _kept[root] = _kept[root] + g if root in _kept else g
    for node in reversed(topological_order(root)):
        if not node.requires_grad or node not in _kept:
            continue
        if node.pull is None:
            node.grad = np.array(_kept[node])
            continue
        for parent, part in zip(node.parents, node.pull(_kept[node])):
            if parent.requires_grad:
                part = unbroadcast(part, parent.data.shape)
                _kept[parent] = _kept[parent] + part if parent in _kept else part


# Misconceptions: who gets a grad


def _give_between(node, g):
    node.grad = np.array(g)


grad_for_all = _wrong(
    "Results in between have a grad afterwards. Only leaves get one.", between=_give_between
)
grad_for_constants = _wrong(
    "Constants have a grad afterwards. Only tensors that require a gradient get one.",
    wants=lambda parent: True,
)


@misconception("backward", "The root keeps a grad. It is not a leaf.")
def grad_for_the_root(root, gradient=None, *, topological_order, unbroadcast):
    _walk(root, gradient, topological_order, unbroadcast)
    if root.pull is not None:
        root.grad = np.array(_start(root, gradient))


# Misconceptions: shapes and the start


@misconception(
    "backward", "A stretched parent has a grad of the stretched shape: call unbroadcast."
)
def unbroadcast_not_called(root, gradient=None, *, topological_order, unbroadcast):
    _walk(root, gradient, topological_order, lambda g, shape: g)


@misconception("backward", "Every gradient was brought to the shape of the root, not the parent's.")
def first_row_kept(root, gradient=None, *, topological_order, unbroadcast):
    def fit(g, shape):
        return np.resize(g, shape) if g.shape != shape else g

    _walk(root, gradient, topological_order, fit)


def _ones(root, gradient):
    return np.ones_like(_start(root, gradient))


def _any_root(root, gradient):
    if gradient is None and root.requires_grad:
        return np.ones(root.data.shape)
    return _start(root, gradient)


def _any_shape(root, gradient):
    if gradient is not None and root.requires_grad:
        return np.array(np.resize(gradient, root.data.shape))
    return _start(root, gradient)


def _broadcast_start(root, gradient):
    if gradient is not None and root.requires_grad:
        try:
            return np.array(np.broadcast_to(gradient, root.data.shape))
        except ValueError:
            pass
    return _start(root, gradient)


def _scalars_only(root, gradient):
    if gradient is None and root.data.shape != ():
        raise ValueError("a gradient is needed")
    return _start(root, gradient)


def _constants_too(root, gradient):
    if not root.requires_grad:
        return np.ones(root.data.shape)
    return _start(root, gradient)


upstream_ignored = _wrong(
    "The gradient that was given is ignored: the root always starts with ones.", start=_ones
)
any_root_with_ones = _wrong(
    "A root of several numbers started with ones. Without a gradient that is an error.",
    start=_any_root,
)
gradient_of_any_shape = _wrong(
    "A gradient of another shape than the root was accepted. It must raise a ValueError.",
    start=_any_shape,
)
gradient_broadcast = _wrong(
    "A gradient that broadcasts to the root was accepted. It must have the root's shape.",
    start=_broadcast_start,
)
zero_axes_only = _wrong(
    "A root of shape (1,) or (1, 1) holds one number too, and needs no gradient.",
    start=_scalars_only,
)
constant_roots_accepted = _wrong(
    "A root that requires no gradient must raise a ValueError that names it.", start=_constants_too
)
halved = _wrong(
    "The root starts with a gradient other than the one given.",
    start=lambda root, gradient: _start(root, gradient) / 2,
)


# Alternatives


@alternative("backward")
def collected_in_lists(root, gradient=None, *, topological_order, unbroadcast):
    arrived = {id(root): [np.array(_start(root, gradient), dtype=float)]}
    for node in topological_order(root)[::-1]:
        if not node.requires_grad:
            continue
        g = sum(arrived[id(node)])
        if node.pull is None:
            node.grad = g + (0.0 if node.grad is None else node.grad)
        else:
            for parent, part in zip(node.parents, node.pull(g)):
                fitted = unbroadcast(part, parent.data.shape)
                arrived.setdefault(id(parent), []).append(fitted)


@alternative("backward")
def on_the_tensors_then_cleared(root, gradient=None, *, topological_order, unbroadcast):
    start, order = _start(root, gradient), topological_order(root)
    leaves = [node for node in order if node.pull is None]
    before = [node.grad for node in leaves]
    for node in order:
        node.grad = np.zeros(node.data.shape)
    root.grad = root.grad + start
    for node in reversed(order):
        if node.pull is not None:
            for parent, part in zip(node.parents, node.pull(node.grad)):
                parent.grad = parent.grad + unbroadcast(part, parent.data.shape)
            node.grad = None
    for leaf, old in zip(leaves, before):
        if not leaf.requires_grad:
            leaf.grad = None
        elif old is not None:
            leaf.grad = leaf.grad + old


@alternative("backward")
def added_in_place(root, gradient=None, *, topological_order, unbroadcast):
    sums = {root: _start(root, gradient).copy()}
    for node in reversed(topological_order(root)):
        if node.requires_grad and node.pull is None:
            node.grad = np.zeros_like(node.data) if node.grad is None else node.grad
            node.grad += sums[node]
        elif node.requires_grad:
            for parent, part in zip(node.parents, node.pull(sums[node])):
                if parent not in sums:
                    sums[parent] = np.zeros_like(parent.data)
                sums[parent] += unbroadcast(part, parent.data.shape)


@alternative("backward")
def a_tensor_at_a_time(root, gradient=None, *, topological_order, unbroadcast):
    order = topological_order(root)
    sums = [None] * len(order)
    sums[-1] = np.array(_start(root, gradient))
    places = {id(node): place for place, node in enumerate(order)}
    for place in range(len(order) - 1, -1, -1):
        node, g = order[place], sums[place]
        if g is None or not node.requires_grad:
            continue
        if node.pull is None:
            _give(node, g)
        for k, part in enumerate(node.pull(g) if node.pull else ()):
            at = places[id(node.parents[k])]
            part = unbroadcast(part, node.parents[k].data.shape)
            sums[at] = part if sums[at] is None else np.add(sums[at], part)
