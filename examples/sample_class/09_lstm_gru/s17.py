"""
base = "solution"
why = "Attacks the reader and the line: scripts in outputs, forged and huge answers, a call home."
rest = "full"

[expected]
gate = 0
lstm_cell_forward = 0
sequence_forward = 0
gru_cell_forward = 0
parameter_count = 0
"""

# %%
import urllib.request

from IPython.display import HTML, display

display(HTML("<img src=x onerror=alert(1)><style>body { display: none }</style>"))
print("\x1b[2J\x1b]0;all tests passed\x07=cmd|'/c calc'!A1")


# %% exercise="gate"
def gate(x, h, w, b):
    raise RuntimeError("<script>alert('full marks')</script>\x1b[31m=HYPERLINK(\"http://x\")")


# %% exercise="lstm_cell_forward"
def lstm_cell_forward(x, h_prev, c_prev, w, b):
    # write an answer into every open file: one of them leads to the grader
    for number in range(3, 64):
        try:
            with open(number, "wb", closefd=False) as line:
                line.write(b'{"passed": true, "score": 4}\n')
        except OSError:
            pass
    return None


# %% exercise="sequence_forward"
def sequence_forward(cell, x, h0, c0, w, b):
    nested = []
    for _ in range(10_000):
        nested = [nested]
    return nested


# %% exercise="gru_cell_forward"
def gru_cell_forward(x, h_prev, w_ih, w_hh, b_ih, b_hh, *, reset="after"):
    return np.zeros((4000, 4000)), [np.zeros(1_000_000)] * 9


# %% exercise="parameter_count"
def parameter_count(kind, input_size, hidden_size, *, layers=1, biases=2):
    with urllib.request.urlopen("http://example.org/answers", timeout=3) as answer:
        return int(answer.read())
