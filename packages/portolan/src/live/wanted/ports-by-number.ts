import type { PublishedPort } from '@portolan/core'
import { type HostSocket, socketKey } from './socket-key.ts'

/** Published ports by host port. Few ports share a number, and a number is looked up faster than a text. */
export type PortsByNumber = ReadonlyMap<number, readonly PublishedPort[]>

export const portsByNumber = (ports: readonly PublishedPort[]): PortsByNumber => {
  const found = new Map<number, PublishedPort[]>()
  for (const port of ports) {
    const alike = found.get(port.hostPort)
    if (alike === undefined) found.set(port.hostPort, [port])
    else alike.push(port)
  }
  return found
}

/** Finds the port with a socket. @returns null: no port has it */
export const portAt = (ports: PortsByNumber, socket: HostSocket): PublishedPort | null => {
  const alike = ports.get(socket.hostPort)
  if (alike === undefined) return null
  const key = socketKey(socket)
  return alike.find((port) => socketKey(port) === key) ?? null
}
