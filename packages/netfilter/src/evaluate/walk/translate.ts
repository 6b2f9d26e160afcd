import { conntrackStatus, protocolNumber } from '../../model/index.ts'
import type { World } from '../packet/world.ts'
import { endpointText } from '../trace/endpoint-text.ts'
import { noteEvent } from './run.ts'

/** The side of a flow that a hook translates. */
export type Side = 'source' | 'destination'

export const isBound = (world: World, side: Side): boolean =>
  side === 'source' ? world.boundSource : world.boundDestination

/**
 * Whether a rule may still bind this side: only for the packet that makes the entry (nf_nat_core.c, `nf_nat_inet_fn`).
 */
export const mayBind = (world: World, side: Side): boolean => {
  if (world.reply || isBound(world, side)) return false
  if (world.state === 'new') return true
  // ICMP errors are translated with the flow they are about.
  const isIcmp = world.protocol === protocolNumber.icmp || world.protocol === protocolNumber.icmpv6
  return world.state === 'related' && !isIcmp
}

/** Binds a side that no rule has bound: it stays as it is (`nf_nat_alloc_null_binding`). */
export const bindToItself = (world: World, side: Side): void => {
  if (side === 'source') world.boundSource = true
  else world.boundDestination = true
}

const asBound = { kind: 'binding', text: 'connection tracking, as the flow was bound' } as const

/** Applies what is bound. A reply gets the other side's translation undone (nf_nat_core.c, `nf_nat_packet`). */
export const translate = (world: World, side: Side): void => {
  const { original, answer, status, reply } = world
  if (original === null || answer === null) return
  const bit = (side === 'source') === reply ? conntrackStatus.dnat : conntrackStatus.snat
  if ((status & bit) === 0) return
  const other = reply ? original : answer
  if (side === 'destination') {
    world.daddr = other.saddr
    world.dport = other.sport
    world.origins = { ...world.origins, daddr: other.origins.saddr, dport: other.origins.sport }
  } else {
    world.saddr = other.daddr
    world.sport = other.dport
    world.origins = { ...world.origins, saddr: other.origins.daddr, sport: other.origins.dport }
  }
  // No rule tells this translation of a later packet, and the next rules see another packet. So it is noted.
  if (world.packet === 3)
    noteEvent(
      world,
      side === 'destination'
        ? { kind: 'translate', type: 'dnat', to: endpointText(world.family, world.daddr, world.dport) }
        : { kind: 'translate', type: 'snat', to: endpointText(world.family, world.saddr, world.sport) },
      asBound,
    )
}
