"""Messages a kernel's own code writes: nothing of them is believed, and none does harm."""

import time

import nbformat
import pytest
from nbformat.v4 import new_notebook

SEND = """
import json, os, time
kernel = get_ipython().kernel
parent = kernel.get_parent("shell")
def send(kind, content, parent=parent, **more):
    kernel.session.send(kernel.iopub_socket, kind, content, parent=parent, **more)
"""
MESSAGES = {
    "no content": "send('stream', {})",
    "another stream": "send('stream', {'name': 'stdlog', 'text': 'x'})",
    "no text": "send('stream', {'name': 'stdout', 'text': 7})",
    "a list for data": "send('display_data', {'data': [1], 'metadata': {}})",
    "no strings in data": "send('display_data', {'data': {'text/html': {'a': 1}}, 'metadata': {}})",
    "odd metadata": "send('display_data', {'data': {'text/plain': 'x'}, 'metadata': 3})",
    "odd transient": "send('display_data', {'data': {}, 'metadata': {}, 'transient': 'x'})",
    "an odd count": "send('execute_result', {'data': {}, 'metadata': {}, 'execution_count': 'x'})",
    "a huge count": "send('execute_input', {'code': '', 'execution_count': 10**30})",
    "an error of nothing": "send('error', {'ename': None, 'evalue': {}, 'traceback': 'x'})",
    "a status of nothing": "send('status', {})",
    "an unknown kind": "send('nonsense', {'a': 1})",
    "a comm": "send('comm_open', {'comm_id': 'x', 'target_name': 'jupyter.widget',"
    " 'data': {'state': {'_model_module': '@jupyter-widgets/output',"
    " '_model_name': 'OutputModel'}}})",
    "half a character": "kernel.session.pack = lambda x: json.dumps(x, default=str).encode()\n"
    "send('stream', {'name': 'stdout', 'text': 'a\\ud800b'})",
    "not a number": "send('display_data', {'data': {'application/json': float('nan')},"
    " 'metadata': {}})",
    "a deep value": "x = {}\nfor i in range(200): x = {'a': x}\n"
    "send('display_data', {'data': {'application/json': x}, 'metadata': {}})",
    "many parts": "send('comm_msg', {'data': {}}, buffers=[bytes(10**6)] * 300)",
    "a big part": "send('stream', {'name': 'stdout', 'text': 'x' * 10**8})",
    "unsigned": "kernel.session.auth, saved = None, kernel.session.auth\n"
    "send('stream', {'name': 'stdout', 'text': 'forged'})\ntime.sleep(0.2)\n"
    "kernel.session.auth = saved",
    "for another request": "send('stream', {'name': 'stdout', 'text': 'x'},"
    " parent={'msg_id': 'other'})",
}


@pytest.mark.parametrize("source", MESSAGES.values(), ids=MESSAGES)
def test_a_strange_message_does_no_harm(kernel, source):
    kernel.run(SEND)
    started = time.monotonic()
    outcome, cell = kernel.run(SEND + source + "\nprint('after')")
    assert outcome.status == "ok"
    assert time.monotonic() - started < 15
    notebook = new_notebook(cells=[cell])
    nbformat.validate(notebook)
    assert len(nbformat.writes(notebook).encode("utf-8")) < 100_000
    assert kernel.printed("print(1)") == "1\n"


@pytest.mark.parametrize("content", ["b'[' * 10**6", "b'\\xff'"])
def test_content_that_is_not_json_does_no_harm(hasty, content):
    outcome, _ = hasty.run(SEND + f"kernel.session.pack = lambda x: {content}\nsend('stream', 1)")
    assert outcome.status == "timeout"  # its reply is not JSON either
    assert not hasty.session.alive


def test_an_early_reply_ends_its_own_cell_only(kernel):
    source = """
send("status", {"execution_state": "idle"})
kernel.session.send(kernel.shell_stream, "execute_reply", {"status": "ok"}, parent=parent)
time.sleep(0.5); print("late")
"""
    kernel.run(SEND + source)
    assert kernel.printed("print('next')") == "next\n"


def test_a_later_cell_cannot_change_an_earlier_ones_outputs(kernel):
    _, first = kernel.run("h = display('mine', display_id='score')")
    first.outputs[0]["data"]["text/plain"] = "0 points"
    kernel.run("h.update('10 points')\nupdate = display('x', display_id='score')")
    assert first.outputs[0]["data"]["text/plain"] == "0 points"


def test_a_thread_that_prints_all_the_time_does_no_harm(kernel):
    kernel.run(
        "import threading, time\n"
        "def chatter():\n    end = time.time() + 1.2\n"
        "    while time.time() < end: print('z' * 10_000)\n"
        "threading.Thread(target=chatter, daemon=True).start()"
    )
    time.sleep(0.3)
    for number in range(3):
        outcome, cell = kernel.run(f"print({number})")
        assert outcome.status == "ok"
        assert len(nbformat.writes(new_notebook(cells=[cell]))) < 100_000
    time.sleep(1.5)
    assert kernel.printed("print(1)") == "1\n"
