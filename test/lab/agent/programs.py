"""Runs programs in the namespace of an agent.

fork(2) copies the starting process. A jest worker has some hundred MiB of pages to copy. An agent uses vfork(2)
through posix_spawn(3), which shares the memory until the program runs.
"""

import os
import shutil
import signal

# Python ignores these signals, and a child process would inherit that.
USUAL = [signal.SIGPIPE, signal.SIGXFSZ]


class Programs:
    def __init__(self, loop, folder):
        self.loop = loop
        self.folder = folder

    def run(self, command, answer):
        """Answers with the exit code and the output, once the program has ended and all its output is closed."""
        argv, environment = command['argv'], command['environment']
        place = shutil.which(argv[0], path=environment.get('PATH', os.defpath))
        if place is None:
            answer({'exitCode': 127, 'stdout': '', 'stderr': f'failed to execute {argv[0]}: there is no such program\n'})
            return
        given = os.memfd_create('given')
        printed, complained = os.pipe(), os.pipe()
        try:
            with os.fdopen(os.dup(given), 'wb') as file:
                file.write(command['input'].encode())
            os.lseek(given, 0, os.SEEK_SET)
            actions = [(os.POSIX_SPAWN_DUP2, given, 0)]
            actions += [(os.POSIX_SPAWN_DUP2, printed[1], 1), (os.POSIX_SPAWN_DUP2, complained[1], 2)]
            here = os.getcwd()
            os.chdir(self.folder)
            try:
                pid = os.posix_spawn(place, argv, environment, file_actions=actions, setsigdef=USUAL)
            finally:
                os.chdir(here)
        except BaseException:
            os.close(printed[0])
            os.close(complained[0])
            raise
        finally:
            os.close(given)
            os.close(printed[1])
            os.close(complained[1])
        Run(self.loop, pid, [printed[0], complained[0]], command['timeoutMs'] / 1000, answer)


class Run:
    def __init__(self, loop, pid, pipes, seconds, answer):
        self.loop = loop
        self.pid = pid
        self.seconds = seconds
        self.answer = answer
        self.code = None
        self.texts = [[], []]
        self.process = os.pidfd_open(pid)
        self.left = {self.process, *pipes}
        loop.watch(self.process, lambda _events: self.reap())
        for pipe, text in zip(pipes, self.texts):
            os.set_blocking(pipe, False)
            loop.watch(pipe, lambda _events, p=pipe, t=text: self.read(p, t))
        loop.after(seconds, self.kill)

    def kill(self):
        if self.process in self.left:
            self.texts[1].append(f'killed after {self.seconds:g} s\n'.encode())
            signal.pidfd_send_signal(self.process, signal.SIGKILL)

    def reap(self):
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid == 0:
            return
        self.code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        self.close(self.process)

    def read(self, pipe, text):
        try:
            chunk = os.read(pipe, 1 << 20)
        except BlockingIOError:
            return
        if chunk:
            text.append(chunk)
        else:
            self.close(pipe)

    def close(self, descriptor):
        self.loop.forget(descriptor)
        os.close(descriptor)
        self.left.discard(descriptor)
        if self.left:
            return
        out, err = (b''.join(text).decode(errors='replace') for text in self.texts)
        self.answer({'exitCode': self.code, 'stdout': out, 'stderr': err})
