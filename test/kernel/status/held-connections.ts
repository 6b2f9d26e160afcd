import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Machine } from '../../lab/machine.ts'
import { named } from '../../lab/waiting.ts'

/** The port of a service that sends back what it gets, and never closes a connection by itself. */
export const echoPort = 7000

// In Python, because a Node process takes three times as long to start.
const server = `
import select, socket
listener = socket.socket(socket.AF_INET6)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
listener.bind(('::', ${echoPort}))
listener.listen()
print('ready', flush=True)
peers = []
while True:
    for one in select.select([listener, *peers], [], [])[0]:
        if one is listener:
            peers.append(listener.accept()[0])
            continue
        try:
            data = one.recv(1 << 16)
            one.sendall(data)
        except OSError:
            data = b''
        if not data:
            peers.remove(one)
            one.close()
`

const client = (host: string, port: number, count: number): string => `
import socket, sys
sockets = [socket.create_connection(('${host}', ${port})) for _ in range(${count})]
print('ready', flush=True)
for line in sys.stdin:
    for one in sockets:
        if line == 'exchange\\n': one.sendall(b'x' * 100)
        else: one.shutdown(socket.SHUT_WR)
    for one in sockets:
        if line == 'exchange\\n': assert len(one.recv(100, socket.MSG_WAITALL)) == 100
        else:
            while one.recv(1 << 16): pass
            one.close()
    print('done', flush=True)
`

/** Starts a program in a machine. It answers each line with a line. */
const startIn = async (
  machine: Machine,
  code: string,
): Promise<AsyncDisposable & { ask(line: string): Promise<void> }> => {
  const child: ChildProcessWithoutNullStreams = spawn('nsenter', [
    `--target=${machine.pid}`,
    '--net',
    ...['/usr/bin/python3', '-S', '-E', '-c', code],
  ])
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<void> => {
    const { done } = await named(`a line of the program in ${machine.name}`, lines.next())
    if (done === true) throw new Error('the program ended')
  }
  await next()
  return {
    ask: async (line) => {
      child.stdin.write(`${line}\n`)
      await next()
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
    },
  }
}

/** Starts the service at `echoPort`. */
export const startEcho = (machine: Machine): Promise<AsyncDisposable> => startIn(machine, server)

/** Connections that stay open until they are closed. */
export interface HeldConnections extends AsyncDisposable {
  /** Sends data over each connection, and waits for the answers. */
  exchange(): Promise<void>
  close(): Promise<void>
}

export const openConnections = async (
  machine: Machine,
  host: string,
  port: number,
  count: number,
): Promise<HeldConnections> => {
  const running = await startIn(machine, client(host, port, count))
  const held: HeldConnections = {
    exchange: () => running.ask('exchange'),
    close: () => running.ask('close'),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
  await held.exchange()
  return held
}
