import type { PlacedRule } from '../compile/parts.ts'
import { selectorOf } from '../compile/port-key.ts'
import * as chains from '../model/object-name.ts'

/**
 * The socket of a rule in a port tree: a host port, or a container port that is open without translation. Null: the
 * rule is in no port tree.
 */
export const socketOf = ({ chain, rule }: PlacedRule): string | null => {
  const isHost = chain === chains.destination || chain === chains.allow
  if (!isHost && chain !== chains.open && chain !== chains.limit) return null
  const selector = selectorOf(rule)
  if (selector === null) return null
  const { protocol, port, address } = selector
  // For a container port the interface is part of a restriction, so it does not make another socket.
  return isHost
    ? `host ${protocol} ${port} ${address} ${selector.interface}`
    : `container ${protocol} ${port} ${address}`
}
