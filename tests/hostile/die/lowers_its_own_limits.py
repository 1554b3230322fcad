"""
tries = "Takes its own limits away: no memory, no files, no processor time, no stack."
others = "any"
"""


# %% exercise="row_norms"
def row_norms(x):
    import resource

    for name in ("RLIMIT_NOFILE", "RLIMIT_AS", "RLIMIT_STACK", "RLIMIT_FSIZE", "RLIMIT_CPU"):
        try:
            resource.setrlimit(getattr(resource, name), (1, 1))
        except (OSError, ValueError) as error:
            print(error)
    return x
