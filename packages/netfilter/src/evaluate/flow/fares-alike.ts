import type { Family } from '../../address/index.ts'
import { type Hook, type NetfilterTable, protocolNumber } from '../../model/index.ts'
import { type Chains, leadsToStep } from '../chain/chain-steps.ts'
import { goInStep } from '../chain/in-step.ts'
import { type PacketPair, type PairKind, pairsOf } from '../chain/packet-pair.ts'
import type { Stage } from '../chain/rule-reads.ts'
import type { Host } from '../packet/host.ts'
import type { World } from '../packet/world.ts'
import type { Compiler } from '../value/compiler.ts'
import type { BaseProgram } from '../value/program.ts'
import type { HookLists } from '../walk/hook-list.ts'
import type { End } from '../walk/run.ts'

/** Whether the packets after the answer certainly fare as the two before them, so that they need not be followed. */
export type FaresAlike = (began: World, first: End, answered: End) => boolean

const SYN = 2

/** NF_IP_PRI_CONNTRACK (include/uapi/linux/netfilter_ipv4.h). */
const CONNTRACK = -200

const inward: readonly Hook[] = ['ingress', 'prerouting', 'input']
const through: readonly Hook[] = ['ingress', 'prerouting', 'forward', 'postrouting', 'egress']
const all: readonly Hook[] = [...inward, 'forward', 'output', 'postrouting', 'egress']

/**
 * Tests once for each hook whether a chain could treat a later packet differently from an earlier one that passed. On
 * most hosts no chain can: they accept established packets early, in both directions.
 */
export const createFaresAlike = (
  host: Host,
  family: Family,
  hooks: HookLists,
  compiler: Compiler,
): FaresAlike => {
  const tcp = { next: lazily(true, 3), answer: lazily(true, 4) }
  const other = lazily(false, 3)
  function lazily(isTcp: boolean, packet: PairKind['packet']): (hook: Hook) => boolean {
    const kind = { family, isTcp, packet }
    const pairs = { early: pairsOf(host, kind, true), tracked: pairsOf(host, kind, false) }
    const known = new Map<Hook, boolean>()
    return (hook) => {
      const found = known.get(hook)
      if (found !== undefined) return found
      const made = isAlike(hooks, hook, pairs, packet === 3, compiler)
      known.set(hook, made)
      return made
    }
  }
  return (began, first, answered) => {
    const isTcp = began.protocol === protocolNumber.tcp
    if (!isKnown(first.world, answered.world) || (isTcp && began.tcpFlags !== SYN)) return false
    const isThrough = first.kind === 'out' && began.in !== null
    const way = isThrough ? through : began.in === null ? all : inward
    if (!isTcp) return way.every(other)
    return way.every(tcp.next) && (isThrough ? through : all).every(tcp.answer)
  }
}

/** Whether both packets belong to the conntrack entry. */
const isKnown = (first: World, answer: World): boolean =>
  first.tracking === 'tracked' && answer.tracking === 'tracked' && answer.reply

/**
 * The pairs of packets to compare: in chains before connection tracking (`early`), and in chains after it (`tracked`).
 */
interface Pairs {
  readonly early: readonly PacketPair[]
  readonly tracked: readonly PacketPair[]
}

const isAlike = (
  hooks: HookLists,
  hook: Hook,
  pairs: Pairs,
  isForFirst: boolean,
  compiler: Compiler,
): boolean =>
  hooks[hook].every(({ items }) =>
    items.every((item) => {
      if (item.kind === 'conntrack') return true
      if (item.kind === 'nat') return !isForFirst || !item.groups.flat().some(changesPackets)
      const { table, chain } = item.base.program
      const { priority } = item.base.base
      const later: Stage = isForFirst ? 'tracked' : 'answers'
      const isTracking = hook === 'prerouting' || hook === 'output'
      // Whether the chain comes before or after connection tracking is not known.
      if (isTracking && priority === CONNTRACK) return false
      const isEarly = hook === 'ingress' || (isTracking && priority < CONNTRACK)
      const chains = chainsOf(table)
      const areAlike = (some: readonly PacketPair[], stage: Stage): boolean =>
        some.every((pair) => {
          const walk = { chains, compiler, pair, stage, known: new Map() }
          return goInStep(walk, chain, 'together') !== 'unsafe'
        })
      // Connection tracking has seen a packet before it comes in by lo.
      const mayBeTracked = !isEarly || hook !== 'output'
      return (!isEarly || areAlike(pairs.early, 'early')) && (!mayBeTracked || areAlike(pairs.tracked, later))
    }),
  )

/**
 * Whether a nat chain changes packets. Only the first packet of a flow meets the nat chains, so later packets lack a
 * mark set there. A mark of the connection stays.
 */
const changesPackets = ({ program: { table, chain } }: BaseProgram): boolean =>
  leadsToStep(chainsOf(table), chain, (step) => step.kind === 'set' && step.target !== 'ct-mark')

const known = new WeakMap<NetfilterTable, Chains>()

const chainsOf = (table: NetfilterTable): Chains => {
  const found = known.get(table)
  if (found !== undefined) return found
  const made = new Map(table.chains.map((chain) => [chain.name, chain]))
  known.set(table, made)
  return made
}
