import { type ChildProcess, fork } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { inBigints } from '../file/in-bigints.ts'
import { removeSocket } from '../file/remove-socket.ts'
import { byLine, type Hello, handle, line, protocol, sameKind } from './messages.ts'
import { boundSockets, freeName, isPrivate, ownNamespace, socketFolder } from './socket-folder.ts'

/**
 * Listens for calls that plugins of container engines hand over, until the returned function is called. A process of
 * its own does the work. It starts with the first call and stays. It runs the code of the calling plugin, so its
 * version is the plugin's. When this process ends, that process finishes the calls that it has accepted, and then ends.
 *
 * @param folder - the folder that plugins look into; absent: the default
 * @returns null where listening is not possible: plugins do their work themselves then
 * @example
 * const end = listenForCalls()
 * end?.()
 * @public @since 0.1.0
 */
export const listenForCalls = (folder: string = socketFolder): (() => void) | null => {
  let path = ''
  const servers = new Map<string, ChildProcess>()
  const listener = createServer((socket) => receive(socket, servers))
  listener.on('error', () => {})
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // The mode of the folder keeps other users from the socket until the socket has its own mode.
    if (!isPrivate(folder)) return null
    const names = readdirSync(folder)
    // The sockets are listed after the names. So a name whose socket was bound before, such as that of a watch that
    // starts now, is not taken for a left one.
    const bound = boundSockets()
    forgetEnded(folder, names, bound)
    path = join(folder, freeName(bound))
    listener.listen(path)
    // Another process has taken the name meanwhile, so this process may not remove the socket.
    if (!listener.listening) return null
    chmodSync(path, 0o600)
  } catch {
    listener.close()
    return null
  }
  // The listener does not keep the process alive.
  listener.unref()
  return () => {
    listener.close()
    for (const server of servers.values()) if (server.connected) server.disconnect()
    removeSocket(path)
  }
}

/**
 * Removes sockets of watches that were killed. The process number in a name does not help: another process may have it
 * now, or a process in another container.
 */
const forgetEnded = (folder: string, names: readonly string[], bound: ReadonlySet<string>): void => {
  const start = `${ownNamespace()}.`
  for (const name of names)
    if (name.startsWith(start) && name.endsWith('.sock') && !bound.has(name)) removeSocket(join(folder, name))
}

/** The most characters of a first line. It is longer than any path. */
const HELLO_MOST = 10_000

const receive = (socket: Socket, servers: Map<string, ChildProcess>): void => {
  let heard = 0
  const refuse = (): void => void socket.destroy()
  const hear = byLine((value) => {
    socket.off('data', onData)
    socket.pause()
    const server = isHello(value) ? serverOf(value, servers) : null
    if (server === null) socket.end(line({ kind: 'refused' }))
    else server.send({ kind: 'call' }, socket, (error) => error !== null && socket.destroy())
  }, refuse)
  const onData = (chunk: string): void => {
    heard += chunk.length
    if (heard > HELLO_MOST) refuse()
    else hear(chunk)
  }
  socket.setEncoding('utf8')
  socket.on('data', onData)
  socket.on('error', () => socket.destroy())
}

const isHello = (value: unknown): value is Hello => {
  if (typeof value !== 'object' || value === null) return false
  const { protocol: spoken, server, version } = value as Partial<Record<keyof Hello, unknown>>
  return spoken === protocol && typeof server === 'string' && typeof version === 'string'
}

/** The process for one version of a program. Processes of its other versions are ended. */
const serverOf = (
  { server: file, version }: Hello,
  servers: Map<string, ChildProcess>,
): ChildProcess | null => {
  const key = JSON.stringify([file, version])
  const known = servers.get(key)
  if (known?.connected === true) return known
  if (!isOursAlone(file)) return null
  for (const [other, server] of servers) {
    if ((JSON.parse(other) as readonly string[])[0] !== file) continue
    if (server.connected) server.disconnect()
    servers.delete(other)
  }
  const server = startServer(file)
  if (server === null) return null
  server.on('error', () => {})
  server.on('message', (message) => {
    if (sameKind(message, handle.taken) && server.connected) server.send(handle.yours)
  })
  server.on('exit', () => servers.delete(key))
  servers.set(key, server)
  server.unref()
  server.channel?.unref()
  return server
}

/** @returns null when the kernel starts no process now (ENOMEM): Node throws some errors, and reports others by an event */
const startServer = (file: string): ChildProcess | null => {
  try {
    return fork(file, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] })
  } catch {
    return null
  }
}

/** Tells whether only this user may write to a file. A file that another user may write to is not run. */
const isOursAlone = (file: string): boolean => {
  try {
    const { uid, mode } = statSync(file, inBigints)
    return file.startsWith('/') && Number(uid) === process.geteuid?.() && (mode & 0o022n) === 0n
  } catch {
    return false
  }
}
