import type { NatStep, ValueRange } from '../../model/index.ts'
import { blur, learnFrom, learnReplaced } from '../learn/learn.ts'
import { type Learner, membership } from '../learn/learner.ts'
import type { FreeField } from '../packet/free-field.ts'
import type { Tuple, World } from '../packet/world.ts'
import { redirectAddress, selectSource } from '../route/select-source.ts'
import type { Program } from '../value/program.ts'
import { addressOfClient } from './address-of-client.ts'
import type { ChainWalk, Walk } from './chain-walk.ts'
import type { NatChoice } from './nat-choices.ts'

/** More choices than this are not followed one by one. */
const MANY = 8

/** One target of a translation. */
export interface NatTarget {
  readonly address: number | bigint
  readonly port: number
  /** The ports that the rule allows; null: it names none. */
  readonly range: ValueRange | null
  /** The free fields that the address and the port come from. */
  readonly origins: { readonly address: FreeField | null; readonly port: FreeField | null }
  /** Whether the kernel chooses this target for other clients of the rule only. */
  readonly isOfOthers: boolean
}

/** An end of a flow, and the free fields that its address and port come from. */
interface BoundEnd {
  readonly address: number | bigint
  readonly port: number
  readonly origins: NatTarget['origins']
}

/**
 * The address and port that a binding starts from: those of the conntrack entry. A rule that rewrote the packet after
 * the entry was made did not change the entry (nf_nat_core.c, `nf_nat_setup_info`, `curr_tuple`). NETMAP reads its
 * address from the packet (xt_NETMAP.c, nft_nat.c).
 */
const boundBefore = (world: World, { netmap }: NatStep, isSource: boolean): BoundEnd => {
  const own = endOf(world, isSource)
  if (world.answer === null) return own
  // The destination of the answer is the source of the packet.
  const bound = endOf(world.answer, !isSource)
  return netmap
    ? {
        address: own.address,
        port: bound.port,
        origins: { address: own.origins.address, port: bound.origins.port },
      }
    : bound
}

const endOf = ({ saddr, daddr, sport, dport, origins }: Tuple, isSource: boolean): BoundEnd =>
  isSource
    ? { address: saddr, port: sport, origins: { address: origins.saddr, port: origins.sport } }
    : { address: daddr, port: dport, origins: { address: origins.daddr, port: origins.dport } }

/** The addresses and ports of one choice, each to be followed. Of too many, only one is followed. */
export const targetsOf = (
  { walk, program }: ChainWalk,
  action: NatStep,
  choice: NatChoice,
  world: World,
): readonly NatTarget[] => {
  const isSource = action.type === 'snat' || action.type === 'masquerade'
  const own = boundBefore(world, action, isSource)
  learnBinding(world, program, action, choice.port, own)
  const picked = pickedAddress(world, action, choice, own.port)
  const addresses = addressesOf(walk, action, choice.address, own.address, picked, world)
  if (!program.isOurs) learnAddress(world, action, choice.address, own, addresses)
  const ports = isSource ? [snatPort(own.port, choice.port)] : portsOf(walk, action, choice.port, own.port)
  const member = program.isOurs ? (world.learner?.values ?? noValues) : noValues
  const targets: NatTarget[] = []
  for (const address of addresses)
    for (const port of ports)
      targets.push({
        address,
        port,
        range: choice.port,
        origins: {
          address: originAfter(address, own.address, own.origins.address, member, 'targetAddress'),
          port: originAfter(port, own.port, own.origins.port, member, 'targetPort'),
        },
        isOfOthers:
          (choice.isPicked.address && addresses.length > 1 && address !== picked) ||
          (!isSource && choice.isPicked.port && isLaterPort(action, port, ports)),
      })
  return targets
}

const noValues: Learner['values'] = new Map()

/**
 * The origin of a translated value. An unchanged value keeps its origin. A value that a managed rule gives this mapping
 * comes from the field that tells the mapping from others.
 */
const originAfter = (
  value: number | bigint,
  own: number | bigint,
  origin: FreeField | null,
  member: Learner['values'],
  field: FreeField,
): FreeField | null => (value === own ? origin : member.get(field) === value ? field : null)

/**
 * Notes for which ports a binding has this result: a port within the range stays. A set cannot describe a value
 * computed from an address.
 *
 * @param program - a managed program gives every mapping of a group its own port: for all of them the host's port, or
 *   for none
 */
const learnBinding = (
  world: World,
  program: Program,
  { netmap, shiftFrom }: NatStep,
  range: ValueRange | null,
  { port, origins }: BoundEnd,
): void => {
  if (world.learner === null) return
  if (netmap && origins.address !== null) blur(world)
  const field = range === null ? null : origins.port
  if (field === null || range === null) return
  if (shiftFrom !== null) {
    blur(world)
    return
  }
  learnFrom(program, world, [membership(field, { starts: [range.first], ends: [range.last] }, port)])
}

const learnAddress = (
  world: World,
  { netmap }: NatStep,
  range: ValueRange | null,
  { address, origins }: BoundEnd,
  addresses: readonly (number | bigint)[],
): void => {
  const [only] = addresses
  if (world.learner === null || netmap || only === undefined) return
  if (range !== null) learnReplaced(world, origins.address, address, range.first, range.last)
  else if (only !== address) learnReplaced(world, origins.address, address, only)
}

const addressesOf = (
  walk: Walk,
  action: NatStep,
  range: ValueRange | null,
  own: number | bigint,
  picked: number | bigint | null,
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
  return unroll(walk, range, picked)
}

/**
 * The address of several that the kernel chooses for this flow; null: not known.
 * @see net/netfilter/nf_nat_core.c `get_unique_tuple`
 */
const pickedAddress = (
  world: World,
  { type, flags }: NatStep,
  { address, port, isPicked }: NatChoice,
  ownPort: number,
): number | bigint | null => {
  const zone = world.entryZone
  if (address === null || !isPicked.address || typeof zone !== 'number') return null
  const { answer } = world
  const bound = answer === null ? world : { saddr: answer.daddr, daddr: answer.saddr }
  const isSource = type === 'snat'
  // A range of one address leaves no choice.
  if (address.first === address.last) return address.first
  // A source that lies in the range already stays as it is.
  const isKept =
    isSource &&
    !flags.some((flag) => flag.includes('random')) &&
    isWithin(bound.saddr, address) &&
    (port === null || isWithin(ownPort, port))
  if (isKept) return bound.saddr
  return addressOfClient(address, bound, { isSource, isPersistent: flags.includes('persistent'), zone })
}

const isWithin = (value: number | bigint, { first, last }: ValueRange): boolean =>
  first <= value && value <= last

const unroll = (
  walk: Walk,
  { first, last }: ValueRange,
  picked: number | bigint | null = null,
): readonly (number | bigint)[] => {
  if (first === last) return [first]
  const count = Number(BigInt(last) - BigInt(first)) + 1
  if (count > MANY) {
    walk.run.truncated = true
    return [picked ?? first]
  }
  return Array.from({ length: count }, (_, at) =>
    typeof first === 'number' ? first + at : first + BigInt(at),
  )
}

/**
 * Whether recent kernels would choose an earlier port. They take the first port of a range for a destination, unless
 * another flow has it. Older kernels choose at random (nf_nat_core.c, `nf_nat_l4proto_unique_tuple`).
 */
const isLaterPort = ({ flags }: NatStep, port: number, [first]: readonly number[]): boolean =>
  port !== first && !flags.some((flag) => flag.includes('random'))

/** net/netfilter/nf_nat_core.c `get_unique_tuple`: a port that fits stays; else the rule leaves it open. */
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
