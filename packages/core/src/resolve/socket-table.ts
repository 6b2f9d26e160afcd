import type { PublishedPort } from '../contract/index.ts'

type Socket = Omit<PublishedPort, 'project' | 'label'> & { readonly kind?: string }

/** Stores a value for each socket that mappings must not share. */
export interface SocketTable<Value> {
  get(socket: Socket): Value | undefined
  set(socket: Socket, value: Value): void
}

export const socketTable = <Value>(): SocketTable<Value> => {
  // Values are stored by port number within each kind of socket. Keys of text for a hundred thousand sockets would take
  // more memory than the mappings.
  const kinds = new Map<string, PortTable<Value>>()
  return {
    get: (socket) => kinds.get(socketKind(socket))?.get(socket.hostPort),
    set: (socket, value) => {
      const kind = socketKind(socket)
      const ports = kinds.get(kind) ?? portTable<Value>()
      kinds.set(kind, ports)
      ports.set(socket.hostPort, value)
    },
  }
}

/** From this many ports on, an array of all possible ports takes less memory than a map. */
const MANY = 4096

interface PortTable<Value> {
  get(port: number): Value | undefined
  set(port: number, value: Value): void
}

const portTable = <Value>(): PortTable<Value> => {
  const few = new Map<number, Value>()
  let all: (Value | undefined)[] | null = null
  return {
    get: (port) => (all === null ? few.get(port) : all[port]),
    set: (port, value) => {
      if (all === null && few.size === MANY) {
        all = new Array<Value | undefined>(65_536)
        for (const [known, held] of few) all[known] = held
        few.clear()
      }
      if (all === null) few.set(port, value)
      else all[port] = value
    },
  }
}

/** A key for a socket without its port. */
const socketKind = ({ family, protocol, kind, targets, hostAddress, interface: name }: Socket): string =>
  // In routed mode the socket is the container's own, so its address is part of the key.
  `${family} ${protocol} ${(kind === 'direct' ? targets[0]?.address : hostAddress) ?? ''} ${name ?? ''}`
