import { prefixAround } from '../../address/index.ts'
import { hasValue } from '../../address/range-set.ts'
import { learn, ofAnyNetwork } from '../learn/learn.ts'
import { learnRoute, prefixRange } from '../learn/learn-route.ts'
import { membership } from '../learn/learner.ts'
import { bridgeCallsHooks, type Host, isBridge, isLocalAddress, isOnLink } from '../packet/host.ts'
import { deliver, isTaken, mayForward, mayTravel } from '../packet/sound-packet.ts'
import type { Traffic } from '../packet/traffic.ts'
import type { World } from '../packet/world.ts'
import type { Link } from '../route/link.ts'
import { martianDestination, refusedHeader } from '../route/martian.ts'
import { isMulticast, type Routed, routeInput } from '../route/route-input.ts'
import { flowOf } from '../route/route-key.ts'
import { end, endBy, noteEvent } from '../walk/run.ts'
import { traverse } from '../walk/traverse.ts'
import { crossBridge, passesBridge } from './bridge.ts'

/** Follows a packet that comes in by an interface, to its end. */
export const receive = (traffic: Traffic, world: World, from: Link): void => {
  const { host, run } = traffic
  const onBridge = isBridge(host, from)
  // Chains at the ingress of the bridge itself see only what is not switched.
  world.bridged = onBridge && isSwitched(traffic, world, from)
  for (const one of traverse(traffic, 'ingress', [world])) {
    one.bridged = false
    crossBridge(traffic, one, from)
    one.viaBridge = onBridge && bridgeCallsHooks(host, from, one.family)
    if (!onBridge || !isSwitched(traffic, one, from)) {
      arrive(traffic, one, from)
      continue
    }
    one.bridged = true
    learnSwitched(host, one, from)
    noteEvent(one, { kind: 'switch' }, { kind: 'bridge', text: `${from.name} switches it` })
    if (one.viaBridge) arrive(traffic, one, from)
    else if (passesBridge(host, run, one, from)) leaveUnseen(traffic, one, from)
  }
}

/** Whether the bridge hands the packet to a neighbour behind one of its ports, without routing. */
const isSwitched = ({ host }: Traffic, { family, daddr }: World, bridge: Link): boolean => {
  if (isMulticast(daddr)) return isGroupOfOther(daddr, bridge)
  if (isLocalAddress(host, family, daddr)) return false
  const hasAddress = bridge.addresses.some(({ address }) => address.family === family)
  // A bridge without an address of its own is no gateway.
  return hasAddress ? isOnLink(bridge, family, daddr) : bridge.kind === 'bridge'
}

/** `ff02::1:ff00:0/104` without the last three bytes (RFC 4291, 2.7.1). */
const solicitedNode = 0xff0200000000000000000001ffn

/**
 * Whether the destination is the solicited-node group of another machine, which the bridge itself has not joined. The
 * bridge floods the packet to its other ports, and the host does not take it (net/ipv6/ip6_input.c `ip6_mc_input`).
 */
const isGroupOfOther = (daddr: number | bigint, { addresses }: Link): boolean =>
  typeof daddr === 'bigint' &&
  daddr >> 24n === solicitedNode &&
  !addresses.some(
    ({ address: { value } }) => typeof value === 'bigint' && (value ^ daddr) % 0x1000000n === 0n,
  )

/** Notes which other destinations are neighbours too, without the host's own addresses. */
const learnSwitched = (host: Host, world: World, bridge: Link): void => {
  const field = world.origins.daddr
  if (world.learner === null || field === null) return
  const { family, daddr, saddr } = world
  if (isMulticast(daddr)) {
    learn(world, [membership(field, { starts: [daddr], ends: [daddr] }, daddr)])
    return
  }
  learnRoute(world, host.routers[family], {
    ...{ destination: daddr, source: saddr, in: bridge.name, out: null, mark: 0 },
    flow: flowOf(world, false),
  })
  for (const { address, length } of bridge.addresses) {
    const set = prefixRange(prefixAround(address, length))
    if (address.family === family && hasValue(set, daddr))
      learn(world, ofAnyNetwork(world, [membership(field, set, daddr)]))
  }
}

/** Follows a packet from the PREROUTING hook on. */
export const arrive = (traffic: Traffic, world: World, from: Link): void => {
  const { host, run } = traffic
  const asked = world.daddr
  const martian = refusedHeader(host, world, from) ?? martianDestination(host, world, from, 'header')
  if (martian !== null) {
    endBy(run, 'dropped', world, { kind: 'drop' }, martian)
    return
  }
  if (!isTaken(traffic, world)) return
  for (const one of traverse(traffic, 'prerouting', [world])) {
    if (one.bridged && one.daddr === asked) switchOn(traffic, one, from)
    else routeOn(traffic, one, from, one.daddr !== asked)
  }
}

const routeOn = (traffic: Traffic, world: World, from: Link, translated: boolean): void => {
  for (const routed of routeInput(traffic, world, from, translated)) goOn(traffic, routed, from)
}

const goOn = (traffic: Traffic, { world, decision }: Routed, from: Link): void => {
  const { run } = traffic
  if (decision.kind !== 'switch') world.bridged = false
  switch (decision.kind) {
    case 'end':
      endBy(run, decision.end, world, decision.deed, decision.cause)
      break
    case 'local':
      world.out = null
      for (const one of traverse(traffic, 'input', [world])) deliver(run, one)
      break
    case 'switch':
      noteEvent(world, { kind: 'switch' }, { kind: 'bridge', text: `${from.name} switches it back` })
      switchOn(traffic, world, from)
      break
    case 'forward':
      if (!mayForward(traffic, world)) break
      noteEvent(
        world,
        { kind: 'leave', out: decision.out.name },
        { kind: 'route', text: `route ${decision.route.text}` },
      )
      world.out = decision.out
      for (const one of traverse(traffic, 'forward', [world])) leave(traffic, one)
  }
}

/** Takes a switched packet through the IP hooks, as br_netfilter does (net/bridge/br_netfilter_hooks.c). */
const switchOn = (traffic: Traffic, world: World, bridge: Link): void => {
  world.bridged = true
  if (!passesBridge(traffic.host, traffic.run, world, bridge)) return
  world.out = bridge
  for (const one of traverse(traffic, 'forward', [world])) {
    // `br_nf_post_routing` passes no incoming interface.
    one.in = null
    const left = traverse(traffic, 'postrouting', [one])
    for (const each of left) each.in = bridge
    goOut(traffic, left)
  }
}

/** Takes a packet through POSTROUTING and out. */
const leave = (traffic: Traffic, world: World): void =>
  goOut(traffic, traverse(traffic, 'postrouting', [world]))

/** Hands a packet from port to port, past the IP hooks. */
const leaveUnseen = (traffic: Traffic, world: World, bridge: Link): void => {
  world.out = bridge
  goOut(traffic, [world])
}

/** Sends packets out of their interface. */
export const goOut = (traffic: Traffic, worlds: readonly World[]): void => {
  for (const one of traverse(traffic, 'egress', worlds)) {
    if (!mayTravel(traffic, one)) continue
    // A switched packet has met the bridge's tables when it came in.
    if (one.in !== one.out) crossBridge(traffic, one, one.out)
    end(traffic.run, 'out', one)
  }
}
