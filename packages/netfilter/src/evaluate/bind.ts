import { conntrackStatus, type ElementData, type NatStep, type ValueRange } from '../model/index.ts'
import type { Walk } from './chain-walk.ts'
import type { Deed } from './deed.ts'
import { endpointText } from './endpoint-text.ts'
import { blur, freeFieldOf, learnFrom, learnReplaced } from './learn.ts'
import { membership } from './learner.ts'
import type { NatReads, OperandRead, Program } from './program.ts'
import { isUnknown } from './reading.ts'
import { end, fork } from './run.ts'
import { redirectAddress, selectSource } from './select-source.ts'
import { NO, YES } from './truth.ts'
import { addWorld, part, type World } from './world.ts'

/** More choices than this are not followed one by one. */
const MANY = 8

/** One way to translate: what operands allow. */
interface Choice {
  readonly address: ValueRange | null
  readonly port: ValueRange | null
}

/**
 * Binds one side of a flow (net/netfilter/nf_nat_core.c, `nf_nat_setup_info`), in as many worlds as the rule
 * leaves open.
 *
 * @returns the world, unbound, when a map of the rule does not know its key, or may not
 */
export const bind = (
  walk: Walk,
  program: Program,
  operands: NatReads | null,
  action: NatStep,
  world: World,
  did: (deed: Deed, on?: World) => void,
): World[] => {
  const found = choicesOf(operands, world)
  if (found === null) return [world]
  const { choices, sure, random } = found
  const targets = choices.flatMap((choice) =>
    spread(walk, program, action, choice, world).map((target) => ({ ...target, range: choice.port })),
  )
  if (targets.length === 0) {
    if (choices.length > 0) {
      did({ kind: 'translate', type: action.type, to: null })
      end(walk.run, 'dropped', world)
      return []
    }
    walk.run.truncated = true
    addWorld(walk.accepted, world)
    return []
  }
  // All copies are made before the first is bound.
  const worlds = targets.map((_, at) => (sure && at === 0 ? world : fork(walk.run, world)))
  for (const [at, bound] of worlds.entries()) {
    const target = targets[at]
    if (bound === null || target === undefined) continue
    if (!random && targets.length > 1) bound.unknown = true
    const marked = isMarkedPerhaps(program, action, target, bound) ? fork(walk.run, bound) : null
    settle(bound, action, target.address, target.port, target.range)
    did(deedOf(bound, action), bound)
    addWorld(walk.accepted, bound)
    if (marked === null) continue
    settle(marked, action, target.address, target.port, target.range)
    marked.status |= conntrackStatus.dnat
    part(marked, bound)
    did(deedOf(marked, action), marked)
    addWorld(walk.accepted, marked)
  }
  return sure ? [] : [world]
}

/**
 * May conntrack count a flow as translated though its destination stays? `dnat prefix to` of nftables leaves the upper
 * bytes of an IPv4 address unset (net/netfilter/nft_nat.c, `nft_nat_setup_netmap`). `nf_nat_setup_info` compares them,
 * so the status depends on what the memory held. On Linux 6.18 most such flows had the status.
 */
const isMarkedPerhaps = (
  { table }: Program,
  { type, netmap }: NatStep,
  { address, port }: { readonly address: number | bigint; readonly port: number },
  { family, answer }: World,
): boolean =>
  netmap &&
  type === 'dnat' &&
  family === 'ip' &&
  table.tool === 'nft' &&
  answer !== null &&
  answer.saddr === address &&
  answer.sport === port

const choicesOf = (
  operands: NatReads | null,
  world: World,
): { choices: readonly Choice[]; sure: boolean; random: boolean } | null => {
  const address = operands === null || operands.address === null ? null : readOperand(operands.address, world)
  const port = operands === null || operands.port === null ? null : readOperand(operands.port, world)
  if (address?.hit === NO || port?.hit === NO) return null
  const shared =
    operands?.address?.kind === 'map' &&
    operands.port?.kind === 'map' &&
    operands.address.table === operands.port.table &&
    operands.address.reads.length > 0
  const sure = (address === null || address.hit === YES) && (port === null || port.hit === YES)
  const random = (address?.random ?? true) && (port?.random ?? true)
  const choices: Choice[] = []
  for (const [at, one] of (address?.ranges ?? [null]).entries())
    for (const [other, two] of (port?.ranges ?? [null]).entries())
      if (!shared || at === other) choices.push({ address: one, port: two })
  return { choices, sure, random }
}

interface OperandFound {
  readonly hit: number
  readonly ranges: readonly ValueRange[]
  readonly random: boolean
}

const readOperand = (operand: OperandRead, world: World): OperandFound => {
  if (operand.kind === 'read') {
    const value = operand.read(world)
    if (value === undefined || typeof value === 'string') return { hit: NO, ranges: [], random: false }
    if (!isUnknown(value)) return { hit: YES, ranges: [{ first: value, last: value }], random: true }
    const { first, last, random } = value
    const ranges = first === null || last === null ? [] : [{ first, last }]
    return { hit: YES, ranges, random }
  }
  const found = operand.find(operand.reads.map((read) => read(world)))
  const rangeOf = (data: ElementData): ValueRange[] => {
    const range = data.kind === 'values' ? data.values[operand.part] : undefined
    return range === undefined ? [] : [range]
  }
  return {
    hit: found.hit,
    ranges: found.data.flatMap(rangeOf),
    random: found.data.length === 1 || found.random,
  }
}

/**
 * The address and port that a binding starts from. They are those of the conntrack entry: a rule that rewrote the
 * packet since then did not change the entry (nf_nat_core.c, `nf_nat_setup_info`, `curr_tuple`). NETMAP reads its
 * address from the packet (xt_NETMAP.c, nft_nat.c).
 */
const boundBefore = (
  { answer, saddr, sport, daddr, dport }: World,
  { netmap }: NatStep,
  isSource: boolean,
): readonly [number | bigint, number] => {
  if (isSource) return [netmap || answer === null ? saddr : answer.daddr, answer?.dport ?? sport]
  return [netmap || answer === null ? daddr : answer.saddr, answer?.sport ?? dport]
}

/** The addresses and ports of one choice, each to be followed; the first of many where they are too many. */
const spread = (
  walk: Walk,
  program: Program,
  action: NatStep,
  choice: Choice,
  world: World,
): readonly { address: number | bigint; port: number }[] => {
  const isSource = action.type === 'snat' || action.type === 'masquerade'
  const [own, ownPort] = boundBefore(world, action, isSource)
  learnBinding(world, program, action, choice.port, own, ownPort)
  const addresses = addressesOf(walk, action, choice.address, own, world)
  if (!program.isOurs) learnAddress(world, action, choice.address, own, addresses)
  const ports = isSource ? [snatPort(ownPort, choice.port)] : portsOf(walk, action, choice.port, ownPort)
  return addresses.flatMap((address) => ports.map((port) => ({ address, port })))
}

/**
 * A port that fits its range stays; what is computed from an address is no set.
 *
 * @param program - one of ours gives every mapping of a group its own port, which is that of the host for all of them
 *   or for none
 */
const learnBinding = (
  world: World,
  program: Program,
  { netmap, shiftFrom }: NatStep,
  range: ValueRange | null,
  own: number | bigint,
  ownPort: number,
): void => {
  if (world.learner === null) return
  if (netmap && freeFieldOf(world, own) !== null) blur(world)
  const field = range === null ? null : freeFieldOf(world, ownPort)
  if (field === null || range === null) return
  if (shiftFrom !== null) {
    blur(world)
    return
  }
  learnFrom(program, world, [membership(field, { starts: [range.first], ends: [range.last] }, ownPort)])
}

const learnAddress = (
  world: World,
  { netmap }: NatStep,
  range: ValueRange | null,
  own: number | bigint,
  addresses: readonly (number | bigint)[],
): void => {
  const [only] = addresses
  if (world.learner === null || netmap || only === undefined) return
  if (range !== null) learnReplaced(world, own, range.first, range.last)
  else if (only !== own) learnReplaced(world, own, only)
}

const addressesOf = (
  walk: Walk,
  action: NatStep,
  range: ValueRange | null,
  own: number | bigint,
  world: World,
): readonly (number | bigint)[] => {
  if (action.type === 'masquerade') {
    if (world.out === null) return []
    const hop = world.route?.gateway ?? world.daddr
    const found = selectSource(
      walk.host,
      world.family,
      world.out,
      typeof hop === typeof own ? hop : world.daddr,
    )
    return found === null ? [] : [found]
  }
  if (action.type === 'redirect') {
    const loopback = world.family === 'ip' ? 0x7f000001 : 1n
    const found = world.in === null ? loopback : redirectAddress(world.family, world.in, world.daddr)
    return found === null ? [] : [found]
  }
  if (range === null) return [own]
  if (action.netmap) {
    const size = BigInt(range.last) - BigInt(range.first)
    const mapped = BigInt(range.first) + (BigInt(own) & size)
    return [typeof own === 'number' ? Number(mapped) : mapped]
  }
  return unroll(walk, range)
}

const unroll = (walk: Walk, { first, last }: ValueRange): readonly (number | bigint)[] => {
  const count = Number(BigInt(last) - BigInt(first)) + 1
  if (count > MANY) walk.run.truncated = true
  return Array.from({ length: count > MANY ? 1 : count }, (_, at) =>
    typeof first === 'number' ? first + at : first + BigInt(at),
  )
}

/** net/netfilter/nf_nat_core.c `get_unique_tuple`: a port that fits stays; another is picked at random. */
const portsOf = (walk: Walk, action: NatStep, range: ValueRange | null, own: number): readonly number[] => {
  if (range === null || own < 0) return [own]
  const first = Number(range.first)
  const last = Number(range.last)
  if (action.shiftFrom !== null) return [first + (((own - action.shiftFrom) & 0xffff) % (last - first + 1))]
  const isRandom = action.flags.some((flag) => flag.includes('random'))
  if (first <= own && own <= last && !isRandom) return [own]
  return unroll(walk, { first, last }).map(Number)
}

const snatPort = (own: number, range: ValueRange | null): number =>
  range === null || own < 0 || (range.first <= own && own <= range.last) ? own : Number(range.first)

/**
 * The source port may have to give way to another flow's. Without a range of its own it stays within its class.
 * @see net/netfilter/nf_nat_core.c `nf_nat_l4proto_unique_tuple`
 */
const portClass = (port: number, range: ValueRange | null): readonly [number, number] | null => {
  if (port < 0) return null
  if (range !== null) return [Number(range.first), Number(range.last)]
  if (port < 512) return [1, 511]
  return port < 1024 ? [600, 1023] : [1024, 65535]
}

const settle = (
  world: World,
  action: NatStep,
  address: number | bigint,
  port: number,
  range: ValueRange | null,
): void => {
  const { answer } = world
  if (answer === null) return
  if (action.type === 'snat' || action.type === 'masquerade') {
    world.boundSource = true
    world.sourcePorts = portClass(answer.dport, range)
    if (answer.daddr !== address || answer.dport !== port || range !== null)
      world.status |= conntrackStatus.snat
    world.answer = { ...answer, daddr: address, dport: port }
    return
  }
  world.boundDestination = true
  if (answer.saddr !== address || answer.sport !== port) world.status |= conntrackStatus.dnat
  world.answer = { ...answer, saddr: address, sport: port }
}

const deedOf = ({ family, answer }: World, { type }: NatStep): Deed => {
  if (answer === null) return { kind: 'translate', type, to: null }
  const isSource = type === 'snat' || type === 'masquerade'
  const [value, port] = isSource ? [answer.daddr, answer.dport] : [answer.saddr, answer.sport]
  return { kind: 'translate', type, to: endpointText(family, value, port) }
}
