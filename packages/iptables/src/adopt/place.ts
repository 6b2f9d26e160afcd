import * as chains from '../compile/object-name.ts'
import type { PlacedRule } from '../compile/parts.ts'
import { selectorOf } from '../compile/port-key.ts'

/**
 * The socket that a rule of a port tree is for: a port of the host, or a port of a container that is open without
 * translation. Null for a rule of no port tree.
 */
export const socketOf = ({ chain, rule }: PlacedRule): string | null => {
  const isHost = chain === chains.destination || chain === chains.allow
  if (!isHost && chain !== chains.open && chain !== chains.limit) return null
  const selector = selectorOf(rule)
  if (selector === null) return null
  const { protocol, port, address } = selector
  // Whether other machines may come in by one interface only is a restriction of a container's port, not another port.
  return isHost
    ? `host ${protocol} ${port} ${address} ${selector.interface}`
    : `container ${protocol} ${port} ${address}`
}
