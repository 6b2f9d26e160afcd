import { type ChildProcess, fork } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { removeSocket } from '../file/remove-socket.ts'
import { byLine, type Hello, handle, line, protocol, sameKind } from './messages.ts'
import { boundSockets, freeName, isPrivate, ownNamespace, socketFolder } from './socket-folder.ts'

/**
 * Listens for plugins of container engines that hand their calls over, until the function returned is called. The work
 * is done by a process of its own, which is started with the first call and stays: it runs the code of the plugin that
 * calls, so its version is that of the plugin. Where this process ends, it ends what it has begun, and then itself.
 *
 * @param folder - the one that plugins look into, unless told
 * @returns null where it cannot be listened: plugins do their work themselves then
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
    // Its mode keeps other users from the socket, before that has its own.
    if (!isPrivate(folder)) return null
    const names = readdirSync(folder)
    // Behind the names: what was bound before it was listed is among them, also that of a watch that starts beside this one.
    const bound = boundSockets()
    forgetEnded(folder, names, bound)
    path = join(folder, freeName(bound))
    listener.listen(path)
    // Another has taken the name meanwhile: the socket is not this one's to remove.
    if (!listener.listening) return null
    chmodSync(path, 0o600)
  } catch {
    listener.close()
    return null
  }
  // It does not keep the process.
  listener.unref()
  return () => {
    listener.close()
    for (const server of servers.values()) if (server.connected) server.disconnect()
    removeSocket(path)
  }
}

/**
 * Removes sockets of watches that were killed. Process numbers tell nothing of them: the number may be another process's
 * by now, or that of a process in another container.
 */
const forgetEnded = (folder: string, names: readonly string[], bound: ReadonlySet<string>): void => {
  const start = `${ownNamespace()}.`
  for (const name of names)
    if (name.startsWith(start) && name.endsWith('.sock') && !bound.has(name)) removeSocket(join(folder, name))
}

/** Longer than any path. */
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

/** The process for one version of one program; those of other versions of it end. */
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
  const server = fork(file, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] })
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

/** What another user may write is not run. */
const isOursAlone = (file: string): boolean => {
  try {
    const { uid, mode } = statSync(file)
    return file.startsWith('/') && uid === process.geteuid?.() && (mode & 0o022) === 0
  } catch {
    return false
  }
}
