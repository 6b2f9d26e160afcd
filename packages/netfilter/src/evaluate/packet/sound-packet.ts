import { protocolNumber } from '../../model/index.ts'
import type { KernelCause } from '../trace/kernel-cause.ts'
import { isUnknown } from '../value/reading.ts'
import { end, endBy, fork, noteEvent, type Run } from '../walk/run.ts'
import type { Traffic } from './traffic.ts'
import { part, type World } from './world.ts'

/** PACKET_HOST and PACKET_OTHERHOST (include/uapi/linux/if_packet.h). */
const HOST = 0
const OTHER_HOST = 3

const typeNames: Readonly<Record<number, string>> = { 1: 'broadcast', 2: 'multicast', 3: 'other host' }

const ofType = ({ packetType }: World, refused: string): KernelCause => ({
  kind: 'packet-type',
  text: `packet type ${typeNames[packetType] ?? packetType}: ${refused}`,
})

const ofHops = (text: string): KernelCause => ({ kind: 'hop-limit', text })

/** Few machines on the internet are more hops away. */
const FAR = 30

/**
 * Whether the kernel accepts an incoming packet by its packet type. Only rules on ingress come before this test.
 *
 * @returns false where the packet has ended
 * @see net/ipv4/ip_input.c `ip_rcv_core`, net/ipv6/ip6_input.c `ip6_rcv_core`
 */
export const isTaken = ({ run }: Traffic, world: World): boolean => {
  if (world.packetType !== OTHER_HOST || world.bridged) return true
  endBy(run, 'dropped', world, { kind: 'drop' }, ofType(world, 'not taken'))
  return false
}

/**
 * Whether the kernel may forward a packet, by its packet type and TTL.
 *
 * @returns false where the packet has ended
 * @see net/ipv4/ip_forward.c `ip_forward`, net/ipv6/ip6_output.c `ip6_forward`
 */
export const mayForward = ({ run }: Traffic, world: World): boolean => {
  if (world.packetType !== HOST) {
    endBy(run, 'dropped', world, { kind: 'drop' }, ofType(world, 'not forwarded'))
    return false
  }
  const { hopLimit } = world
  if (hopLimit === null) return true
  if (isUnknown(hopLimit)) {
    loseOne(run, world)
    return true
  }
  if (hopLimit <= 1) {
    endBy(run, 'dropped', world, { kind: 'drop' }, ofHops(`TTL ${hopLimit}: not forwarded`))
    return false
  }
  world.hopLimit = hopLimit - 1
  return true
}

/**
 * Whether a packet can reach machines behind the next router with the TTL that a rule has set.
 *
 * @returns false where the packet has ended
 */
export const mayTravel = ({ run }: Traffic, world: World): boolean => {
  const { hopLimit, route } = world
  if (hopLimit === null || (route?.gateway ?? null) === null) return true
  if (!isUnknown(hopLimit) && hopLimit <= 1) {
    endBy(
      run,
      'dropped',
      world,
      { kind: 'lost' },
      ofHops(`TTL ${hopLimit}: the next router does not forward it`),
    )
    return false
  }
  if (isUnknown(hopLimit) || hopLimit < FAR) loseOne(run, world)
  return true
}

/**
 * Delivers a packet to the host itself. TCP takes only packets for this very host (net/ipv4/tcp_ipv4.c `tcp_v4_rcv`,
 * net/ipv6/tcp_ipv6.c `tcp_v6_rcv`).
 */
export const deliver = (run: Run, world: World): void => {
  if (world.packetType === HOST || world.protocol !== protocolNumber.tcp) end(run, 'local', world)
  else endBy(run, 'dropped', world, { kind: 'drop' }, ofType(world, 'TCP does not take it'))
}

/** Follows both courses: whether the packet arrives is not known. */
const loseOne = (run: Run, world: World): void => {
  const other = fork(run, world)
  if (other === null) return
  part(other, world)
  noteEvent(other, { kind: 'may-drop' }, ofHops('the TTL that a rule has changed may not last'))
  end(run, 'dropped', other)
}
