"""
base = "solution"
why = "Attacks the machine: kills what it can, asks for 300 GB, forks without end; loses those."
rest = "full"

[expected]
predict = 0
gradient_descent = 0
largest_stable_rate = 0
"""

# %%
import os
import signal
import time


# %% exercise="predict"
def predict(X, w):
    # without a grader there are no bad grades
    for process in (os.getppid(), -1, os.getpid()):
        try:
            os.kill(process, signal.SIGKILL)
        except OSError as error:
            print(process, error)
    return np.zeros(len(X))


# %% exercise="gradient_descent"
def gradient_descent(gradient, start, rate, steps):
    huge = np.ones((200_000, 200_000))
    return huge[: steps + 1, : len(start)]


# %% exercise="largest_stable_rate"
def largest_stable_rate(X):
    children = 0
    try:
        while children < 10_000:
            if os.fork() == 0:
                time.sleep(600)
                os._exit(0)
            children += 1
    except OSError as error:
        print(children, "children, then", error)
    return 0.5
