"""Runs the installed firewall-cmd with its modules loaded once. A start takes 0.3 s, most of it to load modules.

Each call runs in a fork of this process. It runs the program's own text from the first line, with the arguments,
environment and outputs of the caller (client.py). Arguments: the program and a socket.
"""

import ast
import gc
import json
import os
import signal
import socket
import sys

program, place = sys.argv[1:]
with open(program) as file:
    tree = ast.parse(file.read(), program)
imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
exec(compile(ast.Module(imports, []), program, 'exec'), {})
code = compile(tree, program, 'exec')


def become_program(connection, descriptors, asked):
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, target)
        os.close(descriptor)
    os.chdir(asked['cwd'])
    os.environ.clear()
    os.environ.update(asked['environment'])
    sys.argv = asked['argv']
    exit_code = 0
    try:
        exec(code, {'__name__': '__main__'})
    except SystemExit as end:
        exit_code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        exit_code = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            exit_code = exit_code or 1
    connection.sendall(json.dumps(exit_code).encode())


def serve(listener):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            try:
                text, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 3)
                become_program(connection, descriptors, json.loads(text))
            finally:
                os._exit(1)
        connection.close()


with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
    listener.bind(place)
    listener.listen(64)
    serve(listener)
