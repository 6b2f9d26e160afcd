import type { NatStep, ValueRange } from '../model/index.ts'
import type { ChainWalk, Walk } from './chain-walk.ts'
import { blur, freeFieldOf, learnFrom, learnReplaced } from './learn.ts'
import { membership } from './learner.ts'
import type { NatChoice } from './nat-choices.ts'
import type { Program } from './program.ts'
import { redirectAddress, selectSource } from './select-source.ts'
import type { World } from './world.ts'

/** More choices than this are not followed one by one. */
const MANY = 8

/** Where a flow is translated to. */
export interface NatTarget {
  readonly address: number | bigint
  readonly port: number
  /** The ports that the rule allows; null: it names none. */
  readonly range: ValueRange | null
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
export const targetsOf = (
  { walk, program }: ChainWalk,
  action: NatStep,
  choice: NatChoice,
  world: World,
): readonly NatTarget[] => {
  const isSource = action.type === 'snat' || action.type === 'masquerade'
  const [own, ownPort] = boundBefore(world, action, isSource)
  learnBinding(world, program, action, choice.port, own, ownPort)
  const addresses = addressesOf(walk, action, choice.address, own, world)
  if (!program.isOurs) learnAddress(world, action, choice.address, own, addresses)
  const ports = isSource ? [snatPort(ownPort, choice.port)] : portsOf(walk, action, choice.port, ownPort)
  return addresses.flatMap((address) => ports.map((port) => ({ address, port, range: choice.port })))
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
