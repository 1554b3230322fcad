"""
base = "stub"
why = "Everything right in another way: sums, loops and identities where the solution has products."
rest = "full"

[expected]
"""


# %% exercise="predict"
def predict(X, w):
    if np.shape(w) != (X.shape[1],):
        raise ValueError(f"w should have shape ({X.shape[1]},), but has {np.shape(w)}")
    return (X * w).sum(axis=1)


# %% exercise="squared_loss"
def squared_loss(x, y, w):
    if x.shape != y.shape:
        raise ValueError(f"y has shape {y.shape}, x has {x.shape}; they should be equal")
    result = np.zeros(len(w))
    for x_n, y_n in zip(x, y):
        result += (w * x_n - y_n) ** 2
    return result / len(x)


# %% exercise="squared_loss_gradient"
def squared_loss_gradient(x, y, w):
    # the loss is a parabola in w: w² mean(x²) - 2 w mean(xy) + mean(y²)
    return 2 * w * np.mean(x * x) - 2 * np.mean(x * y)


# %% exercise="gradient_descent"
def gradient_descent(gradient, start, rate, steps):
    walk = np.empty((steps + 1, len(start)))
    walk[0] = start
    for t in range(steps):
        walk[t + 1] = walk[t] - rate * gradient(walk[t].copy())
    return walk


# %% exercise="largest_stable_rate"
def largest_stable_rate(X):
    # the largest singular value of X, squared, is the largest eigenvalue of X^T X
    largest = np.linalg.norm(X, 2)
    return float(len(X) / largest**2)


# %% exercise="neuron"
def neuron(X, w, b, activation):
    z = np.full(X.shape[0], float(b))
    for d in range(X.shape[1]):
        z = z + w[d] * X[:, d]
    return activation(z)


# %% exercise="sigmoid"
def sigmoid(z):
    # sigmoid is a stretched tanh, and tanh never overflows
    return (1 + np.tanh(z / 2)) / 2


# %% exercise="logistic_loss"
def logistic_loss(z, y):
    # log(exp(0) + exp(z)) without overflow
    return float((np.logaddexp(0, z) - z * y).sum() / z.size)


# %% exercise="logistic_gradient"
def logistic_gradient(X, y, p):
    N, D = X.shape
    dw, db = np.zeros(D), 0.0
    for x_n, y_n, p_n in zip(X, y, p):
        dw += (p_n - y_n) * x_n / N
        db += (p_n - y_n) / N
    return dw, db


# %% exercise="standardise"
def standardise(train, test):
    if test.ndim != 2 or test.shape[1] != train.shape[1]:
        raise ValueError(f"test is {test.shape} but must have {train.shape[1]} columns")
    centre = train.sum(axis=0) / len(train)
    spread = np.sqrt(((train - centre) ** 2).sum(axis=0) / len(train))
    constant = train.max(axis=0) == train.min(axis=0)
    spread[constant] = 1
    return (train - centre) / spread, (test - centre) / spread


# %% exercise="perceptron_epoch"
def perceptron_epoch(X, y, w, b):
    w, mistakes = w.copy(), 0
    for n in range(len(X)):
        if (np.dot(X[n], w) + b) * y[n] > 0:
            continue
        w += y[n] * X[n]
        b += y[n]
        mistakes += 1
    return w, b, mistakes


# %% exercise="predict_rate_factors"
def predict_rate_factors():
    x = np.array([0.5, -2.0, 3.0])
    rates = [1 / np.mean(one**2) for one in (x, np.tile(x, 10), 10 * x)]
    return rates[1] / rates[0], rates[2] / rates[0]


# %% exercise="exposing_features"
def exposing_features():
    return np.array([[1.0, 2.5], [0.5, 3.0], [2.0, 1.5], [-0.5, 2.25], [1.0, 4.0]])
