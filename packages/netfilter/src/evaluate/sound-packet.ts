import { protocolNumber } from '../model/index.ts'
import { isUnknown } from './reading.ts'
import { end, endBy, fork, noteEvent, type Run } from './run.ts'
import type { Traffic } from './traffic.ts'
import { part, type World } from './world.ts'

/** PACKET_HOST and PACKET_OTHERHOST (include/uapi/linux/if_packet.h). */
const HOST = 0
const OTHER_HOST = 3

const typeNames: Readonly<Record<number, string>> = { 1: 'broadcast', 2: 'multicast', 3: 'other host' }

const typeText = ({ packetType }: World): string => `packet type ${typeNames[packetType] ?? packetType}`

/** Rarely is a machine on the internet more hops away. */
const FAR = 30

/**
 * Does the kernel take what comes in, by its packet type? Only rules on ingress come before.
 *
 * @returns false where the packet has ended
 * @see net/ipv4/ip_input.c `ip_rcv_core`, net/ipv6/ip6_input.c `ip6_rcv_core`
 */
export const isTaken = ({ run }: Traffic, world: World): boolean => {
  if (world.packetType !== OTHER_HOST || world.bridged) return true
  endBy(run, 'dropped', world, 'drop', `${typeText(world)}: not taken`)
  return false
}

/**
 * May the kernel forward it, by its packet type and TTL?
 *
 * @returns false where the packet has ended
 * @see net/ipv4/ip_forward.c `ip_forward`, net/ipv6/ip6_output.c `ip6_forward`
 */
export const mayForward = ({ run }: Traffic, world: World): boolean => {
  if (world.packetType !== HOST) {
    endBy(run, 'dropped', world, 'drop', `${typeText(world)}: not forwarded`)
    return false
  }
  const { hopLimit } = world
  if (hopLimit === null) return true
  if (isUnknown(hopLimit)) {
    loseOne(run, world, 'the TTL that a rule has changed may not last')
    return true
  }
  if (hopLimit <= 1) {
    endBy(run, 'dropped', world, 'drop', `TTL ${hopLimit}: not forwarded`)
    return false
  }
  world.hopLimit = hopLimit - 1
  return true
}

/**
 * Is it to reach machines behind the next router with the TTL that a rule has given it?
 *
 * @returns false where the packet has ended
 */
export const mayTravel = ({ run }: Traffic, world: World): boolean => {
  const { hopLimit, route } = world
  if (hopLimit === null || (route?.gateway ?? null) === null) return true
  if (!isUnknown(hopLimit) && hopLimit <= 1) {
    endBy(run, 'dropped', world, 'lost', `TTL ${hopLimit}: the next router does not forward it`)
    return false
  }
  if (isUnknown(hopLimit) || hopLimit < FAR)
    loseOne(run, world, 'the TTL that a rule has changed may not last')
  return true
}

/** TCP takes only what is for this very host (net/ipv4/tcp_ipv4.c `tcp_v4_rcv`, net/ipv6/tcp_ipv6.c `tcp_v6_rcv`). */
export const deliver = (run: Run, world: World): void => {
  if (world.packetType === HOST || world.protocol !== protocolNumber.tcp) end(run, 'local', world)
  else endBy(run, 'dropped', world, 'drop', `${typeText(world)}: TCP does not take it`)
}

/** It is not known whether it arrives: both may be. */
const loseOne = (run: Run, world: World, why: string): void => {
  const lost = fork(run, world)
  if (lost === null) return
  part(lost, world)
  noteEvent(lost, 'possible drop', why)
  end(run, 'dropped', lost)
}
