"""
tries = "Asks the front end to replace the cell, to run another one next, and to show a page."
"""

# %%
ip = get_ipython()
ip.set_next_input("4.0", replace=True)
ip.payload_manager.write_payload({"source": "set_next_input", "text": "4.0", "replace": True})
ip.payload_manager.write_payload({"source": "edit_magic", "filename": "/etc/passwd"})
ip.payload_manager.write_payload({"source": "ask_exit", "keepkernel": False})


# %% exercise="row_norms"
def row_norms(x):
    get_ipython().set_next_input("4.0", replace=True)
    return x
