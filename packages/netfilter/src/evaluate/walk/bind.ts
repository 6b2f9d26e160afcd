import { conntrackStatus, type NatStep, type ValueRange } from '../../model/index.ts'
import { toolOfChain } from '../../model/tool-of-chain.ts'
import { addWorld, part, type World } from '../packet/world.ts'
import type { Deed } from '../trace/deed.ts'
import { endpointText } from '../trace/endpoint-text.ts'
import type { CompiledRule, NatReads, Program } from '../value/program.ts'
import { type ChainWalk, noteDeed } from './chain-walk.ts'
import { choicesOf } from './nat-choices.ts'
import { type NatTarget, targetsOf } from './nat-targets.ts'
import { end, fork } from './run.ts'

/** A translation, and the readers of its target. */
export interface Binding {
  readonly action: NatStep
  readonly operands: NatReads | null
}

/**
 * Binds one side of a flow (net/netfilter/nf_nat_core.c, `nf_nat_setup_info`), in one world for each target that the
 * rule leaves open.
 *
 * @returns the unbound world, when a map of the rule lacks the key or may lack it
 */
export const bind = (
  chain: ChainWalk,
  rule: CompiledRule,
  { action, operands }: Binding,
  world: World,
): World[] => {
  const { run, accepted } = chain.walk
  const found = choicesOf(operands, world)
  if (found === null) return [world]
  const { choices, sure, random } = found
  const targets: NatTarget[] = []
  for (const choice of choices) targets.push(...targetsOf(chain, action, choice, world))
  // The target that the kernel chooses for this packet comes first.
  if (targets.length > 1) targets.sort((one, other) => Number(one.isOfOthers) - Number(other.isOfOthers))
  if (targets.length === 0) {
    if (choices.length > 0) {
      noteDeed(chain, rule, world, { kind: 'translate', type: action.type, to: null })
      end(run, 'dropped', world)
      return []
    }
    run.truncated = true
    addWorld(accepted, world)
    return []
  }
  // All copies are made before the first is bound.
  const worlds = targets.map((_, at) => (sure && at === 0 ? world : fork(run, world)))
  for (let at = 0; at < worlds.length; at += 1) {
    const bound = worlds[at]
    const target = targets[at]
    if (bound === undefined || bound === null || target === undefined) continue
    if (!random && targets.length > 1) bound.unknown = true
    if (target.isOfOthers) bound.isOfOthers = true
    const marked = isMarkedPerhaps(chain.program, action, target, bound) ? fork(run, bound) : null
    bindSide(bound, action, target)
    noteDeed(chain, rule, bound, deedOf(bound, action))
    addWorld(accepted, bound)
    if (marked === null) continue
    bindSide(marked, action, target)
    marked.status |= conntrackStatus.dnat
    part(marked, bound)
    noteDeed(chain, rule, marked, deedOf(marked, action))
    addWorld(accepted, marked)
  }
  return sure ? [] : [world]
}

/**
 * Whether conntrack may count a flow as translated although its destination stays. `dnat prefix to` of nftables leaves
 * the upper bytes of an IPv4 address unset (net/netfilter/nft_nat.c, `nft_nat_setup_netmap`). `nf_nat_setup_info`
 * compares them, so the status depends on what the memory held. On Linux 6.18 most such flows had the status.
 */
const isMarkedPerhaps = (
  { table, chain }: Program,
  { type, netmap }: NatStep,
  { address, port }: NatTarget,
  { family, answer }: World,
): boolean =>
  netmap &&
  type === 'dnat' &&
  family === 'ip' &&
  toolOfChain(table, chain) === 'nft' &&
  answer !== null &&
  answer.saddr === address &&
  answer.sport === port

/**
 * The range of ports for a source whose port another flow holds. Without a range in the rule, the port stays within its
 * class.
 * @see net/netfilter/nf_nat_core.c `nf_nat_l4proto_unique_tuple`
 */
const portClass = (port: number, range: ValueRange | null): readonly [number, number] | null => {
  if (port < 0) return null
  if (range !== null) return [Number(range.first), Number(range.last)]
  if (port < 512) return [1, 511]
  return port < 1024 ? [600, 1023] : [1024, 65535]
}

/**
 * Whether the kernel picks a new port although the old one would do: for `random` and `fully-random` it does
 * (net/netfilter/nf_nat_core.c `get_unique_tuple`, NF_NAT_RANGE_PROTO_RANDOM_ALL), if there is more than one.
 */
const picksPort = ({ flags }: NatStep, port: number, range: ValueRange | null): boolean =>
  port >= 0 && (range === null || range.first !== range.last) && flags.some((flag) => flag.includes('random'))

/** Binds one side of the flow to a target, as conntrack keeps it. */
const bindSide = (world: World, action: NatStep, { address, port, range, origins }: NatTarget): void => {
  const { answer } = world
  if (answer === null) return
  if (action.type === 'snat' || action.type === 'masquerade') {
    world.boundSource = true
    world.sourcePorts = portClass(answer.dport, range)
    if (answer.daddr !== address || answer.dport !== port || picksPort(action, port, range))
      world.status |= conntrackStatus.snat
    world.answer = {
      ...answer,
      daddr: address,
      dport: port,
      origins: { ...answer.origins, daddr: origins.address, dport: origins.port },
    }
    return
  }
  world.boundDestination = true
  if (answer.saddr !== address || answer.sport !== port) world.status |= conntrackStatus.dnat
  world.answer = {
    ...answer,
    saddr: address,
    sport: port,
    origins: { ...answer.origins, saddr: origins.address, sport: origins.port },
  }
}

const deedOf = ({ family, answer }: World, { type }: NatStep): Deed => {
  if (answer === null) return { kind: 'translate', type, to: null }
  const isSource = type === 'snat' || type === 'masquerade'
  const [value, port] = isSource ? [answer.daddr, answer.dport] : [answer.saddr, answer.sport]
  return { kind: 'translate', type, to: endpointText(family, value, port) }
}
