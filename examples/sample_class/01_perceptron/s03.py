"""
base = "solution"
why = "Typical slips of the first week: an aliased array, lost factors, the test set's own ruler."
rest = "full"

[expected]
squared_loss_gradient = 0
gradient_descent = 0
neuron = 1.0
logistic_gradient = 0
standardise = 0

[misconceptions]
squared_loss_gradient = "without_two"
gradient_descent = "same_array_stored"
neuron = "bias_outside"
logistic_gradient = "bias_summed"
standardise = "by_its_own_ruler"
"""


# %% exercise="squared_loss_gradient"
def squared_loss_gradient(x, y, w):
    error = np.outer(w, x) - y
    return (error * x).mean(axis=1)


# %% exercise="gradient_descent"
def gradient_descent(gradient, start, rate, steps):
    w = start.copy()
    points = [w]
    for _ in range(steps):
        w -= rate * gradient(w)
        points.append(w)
    return np.array(points)


# %% exercise="neuron"
def neuron(X, w, b, activation):
    return activation(X @ w) + b


# %% exercise="logistic_gradient"
def logistic_gradient(X, y, p):
    error = p - y
    dw = X.T @ error / len(X)
    db = np.sum(error)
    return dw, db


# %% exercise="standardise"
def standardise(train, test):
    if train.shape[1] != test.shape[1]:
        raise ValueError(f"test has {test.shape[1]} columns, train has {train.shape[1]}")

    def scale(table):
        deviation = table.std(axis=0)
        deviation[deviation == 0] = 1.0
        return (table - table.mean(axis=0)) / deviation

    return scale(train), scale(test)
