"""topological_order: known wrong implementations and right ones."""

from gradlab.judge import alternative, misconception


def _right(root):
    order, met = [], set()

    def visit(node):
        if id(node) not in met:
            met.add(id(node))
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    return order


def _wrong(message, change):
    @misconception("topological_order", message)
    def variant(root):
        return change(root)

    return variant


# Misconceptions: which tensors

root_missing = _wrong(
    "The root itself is missing. It is the last of the list.", lambda root: _right(root)[:-1]
)
leaves_missing = _wrong(
    "Leaves are missing: they have no parents, but gradients end there.",
    lambda root: [node for node in _right(root) if node.parents],
)
constants_missing = _wrong(
    "Tensors that require no gradient are missing. The list holds all of them.",
    lambda root: [node for node in _right(root) if node.requires_grad],
)
parents_only = _wrong(
    "Only the root's own parents are listed. Theirs belong to the list too.",
    lambda root: [*dict.fromkeys(root.parents), root],
)


@misconception("topological_order", "Only the first parent of each tensor is followed.")
def first_parent_only(root):
    order = [root]
    while order[-1].parents:
        order.append(order[-1].parents[0])
    return order[::-1]


@misconception("topological_order", "Only the last parent of each tensor is followed.")
def last_parent_only(root):
    order = [root]
    while order[-1].parents:
        order.append(order[-1].parents[-1])
    return order[::-1]


@misconception("topological_order", "A tensor that is used several times is listed several times.")
def repeated(root):
    return [node for parent in root.parents for node in repeated(parent)] + [root]


@misconception("topological_order", "Tensors of equal value are taken for one. Compare with `is`.")
def met_by_value(root):
    order, met = [], set()

    def visit(node):
        if float(node.data) not in met:
            met.add(float(node.data))
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    return order


@misconception(
    "topological_order", "The tensors are marked as met for good: a second call finds none of them."
)
def marked_in_the_tensors(root):
    order = []

    def visit(node):
        if not getattr(node, "met", False):
            node.met = True
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    return order


_met_for_good = set()


@misconception("topological_order", "What was met is kept between calls. Start afresh each time.")
def met_kept_between_calls(root):
    order = []

    def visit(node):
        if node not in _met_for_good:
            _met_for_good.add(node)
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    return order


# Misconceptions: in which order


@misconception("topological_order", "Your list has the root first. Parents come first here.")
def root_first(root):
    return _right(root)[::-1]


@misconception(
    "topological_order",
    "You went breadth first: what is near to the root is handled early, even if something far from "
    "the root still needs it.",
)
def breadth_first(root):
    order, met = [root], {id(root)}
    for node in order:
        for parent in node.parents:
            if id(parent) not in met:
                met.add(id(parent))
                order.append(parent)
    return order[::-1]


@misconception(
    "topological_order",
    "Each tensor is appended before its parents are visited, and the list is turned round. Append "
    "it after them.",
)
def preorder_reversed(root):
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
    "topological_order",
    "A stack was used in preorder, last parent first, and the list turned round. That is no "
    "topological order.",
)
def stack_in_preorder(root):
    order, met, stack = [], set(), [root]
    while stack:
        node = stack.pop()
        if id(node) not in met:
            met.add(id(node))
            order.append(node)
            stack.extend(node.parents)
    return order[::-1]


@misconception("topological_order", "Each tensor comes before its parents, and the root is last.")
def preorder_with_root_last(root):
    order, met = [], {id(root)}

    def visit(node):
        for parent in node.parents:
            if id(parent) not in met:
                met.add(id(parent))
                order.append(parent)
                visit(parent)

    visit(root)
    return [*order, root]


# Alternatives


@alternative("topological_order")
def with_a_stack(root):
    order, met, stack = [], set(), [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif id(node) not in met:
            met.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents)
    return order


@alternative("topological_order")
def by_counting_uses(root):
    uses, waiting = {id(root): 0}, [root]
    while waiting:
        for parent in waiting.pop().parents:
            if id(parent) not in uses:
                uses[id(parent)] = 0
                waiting.append(parent)
            uses[id(parent)] += 1
    order, free = [], [root]
    while free:
        node = free.pop()
        order.append(node)
        for parent in node.parents:
            uses[id(parent)] -= 1
            if uses[id(parent)] == 0:
                free.append(parent)
    order.reverse()
    return order


@alternative("topological_order")
def by_longest_distance(root):
    depth, nodes = {}, {}

    def visit(node, distance):
        if distance > depth.get(id(node), -1):
            depth[id(node)], nodes[id(node)] = distance, node
            for parent in node.parents:
                visit(parent, distance + 1)

    visit(root, 0)
    return sorted(nodes.values(), key=lambda node: -depth[id(node)])


@alternative("topological_order")
def without_a_set(root):
    order = []

    def visit(node):
        for parent in node.parents:
            if not any(parent is other for other in order):
                visit(parent)
        if not any(node is other for other in order):
            order.append(node)

    visit(root)
    return tuple(order)
