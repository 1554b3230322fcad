"""
tries = "Opens thousands of comms and sends outputs with megabytes of metadata and media type names."
score = 4
"""

# %%
from IPython.display import display

kernel = get_ipython().kernel
for number in range(3000):
    kernel.session.send(
        kernel.iopub_socket, "comm_open", {"comm_id": str(number), "data": {"x": "y" * 500}},
        parent=kernel.get_parent(), metadata={"huge": "z" * 500},
    )  # fmt: skip
for number in range(20):
    display({"x/" + "t" * 10**5: "y", "text/plain": "x"}, raw=True, metadata={"m" * 10**5: [[[]]]})
