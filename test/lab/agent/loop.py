"""An epoll loop with timers: asyncio would triple the start-up time of every namespace."""

import heapq
import itertools
import select
import time


class Loop:
    def __init__(self):
        self.epoll = select.epoll()
        self.handlers = {}
        self.timers = []
        self.order = itertools.count()

    def watch(self, descriptor, handler, events=select.EPOLLIN):
        self.handlers[descriptor] = handler
        self.epoll.register(descriptor, events)

    def rewatch(self, descriptor, events):
        self.epoll.modify(descriptor, events)

    def forget(self, descriptor):
        if self.handlers.pop(descriptor, None) is not None:
            self.epoll.unregister(descriptor)

    def after(self, seconds, callback):
        heapq.heappush(self.timers, (time.monotonic() + seconds, next(self.order), callback))

    def run(self):
        while True:
            wait = -1 if not self.timers else max(0, self.timers[0][0] - time.monotonic())
            for descriptor, events in self.epoll.poll(wait):
                handler = self.handlers.get(descriptor)
                if handler is not None:
                    handler(events)
            # Timers run after sockets. An answer that arrived while this process had no processor still counts.
            while self.timers and self.timers[0][0] <= time.monotonic():
                heapq.heappop(self.timers)[2]()
