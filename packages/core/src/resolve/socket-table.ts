import type { PublishedPort } from '../contract/index.ts'

type Socket = Omit<PublishedPort, 'project' | 'label'> & { readonly kind?: string }

/** A value for each socket that mappings must not share. */
export interface SocketTable<Value> {
  get(socket: Socket): Value | undefined
  set(socket: Socket, value: Value): void
}

export const socketTable = <Value>(): SocketTable<Value> => {
  // By number within each kind: the texts of a hundred thousand sockets would take more room than the mappings.
  const kinds = new Map<string, Map<number, Value>>()
  return {
    get: (socket) => kinds.get(socketKind(socket))?.get(socket.hostPort),
    set: (socket, value) => {
      const kind = socketKind(socket)
      const ports = kinds.get(kind) ?? new Map<number, Value>()
      kinds.set(kind, ports.set(socket.hostPort, value))
    },
  }
}

/** A socket without its port. */
const socketKind = ({ family, protocol, kind, targets, hostAddress, interface: name }: Socket): string =>
  // In routed mode the socket is the container's own, so its address is part of the key.
  `${family} ${protocol} ${(kind === 'direct' ? targets[0]?.address : hostAddress) ?? ''} ${name ?? ''}`
