"""
base = "stub"
why = "Half done: stopped before the logistic loss, one function unfinished and without a return."
rest = "zero"

[expected]
predict = 2
squared_loss = 3
squared_loss_gradient = 3
gradient_descent = 4
neuron = 2
"""


# %% exercise="predict"
def predict(X, w):
    if w.shape != (X.shape[1],):
        raise ValueError("w has shape " + str(w.shape) + " instead of " + str(X.shape[1:]))
    return np.dot(X, w)


# %% exercise="squared_loss"
def squared_loss(x, y, w):
    if x.shape != y.shape:
        raise ValueError("y has shape " + str(y.shape) + " instead of " + str(x.shape))
    losses = []
    for one in w:
        losses.append(np.mean((one * x - y) ** 2))
    return np.array(losses)


# %% exercise="squared_loss_gradient"
def squared_loss_gradient(x, y, w):
    slopes = []
    for one in w:
        slopes.append(2 * np.mean((one * x - y) * x))
    return np.array(slopes)


# %% exercise="gradient_descent"
def gradient_descent(gradient, start, rate, steps):
    walk = [start.copy()]
    while len(walk) < steps + 1:
        w = walk[-1]
        walk.append(w - rate * gradient(w))
    return np.array(walk)


# %% exercise="largest_stable_rate"
def largest_stable_rate(X):
    # 2 / largest eigenvalue, see lecture notes
    hessian = 2 * X.T @ X / len(X)
    rate = 2 / np.linalg.eigvalsh(hessian).max()
    print(rate)


# %% exercise="neuron"
def neuron(X, w, b, activation):
    return activation(np.dot(X, w) + b)
