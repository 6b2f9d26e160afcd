import type { NetfilterRule, Packet } from '@portolan/netfilter'
import { ownerOf, protocolName } from '@portolan/netfilter'
import type { TraceStep } from '@portolan/netfilter/analysis'
import {
  describeTrace,
  keptSource,
  managedPartOf,
  policyText,
  type Telling,
  tell,
  toolOfChain,
} from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredNetwork } from '../../contract/index.ts'
import type { Culprit } from '../conflict.ts'
import { addressText } from './address-text.ts'
import type { RuleConflictKind } from './blame.ts'
import type { Failed } from './judge.ts'
import type { Point } from './region.ts'
import type { Row } from './row.ts'

/** The containers that a witness is from and to, as messages name them; null for an address that no container has. */
export interface NamedEnds {
  readonly sender: string | null
  readonly receiver: string | null
}

/** What the search found: packets that fare otherwise than the contract promises, and the rules to blame. */
export interface Finding {
  readonly kind: RuleConflictKind
  readonly severity: 'error' | 'warning' | 'info'
  readonly certainty: 'certain' | 'possible'
  readonly mapping: DesiredMapping | null
  readonly network: DesiredNetwork
  /** The rows concerned, the one of the witness first. */
  readonly rows: readonly Row[]
  /** Everybody of these rows is concerned, or only some. */
  readonly share: 'all' | 'some'
  readonly point: Point
  readonly judgement: Failed
  /** The judgement is of another mapping, whose packets fare alike. */
  readonly isBorrowed: boolean
  readonly step: TraceStep | null
  /** Rules and policies in front of it, that were taken for absent to find it. */
  readonly behind: ReadonlySet<object>
  /** Some of its packets come to it first, whatever stands in front of it for the packet that is shown. */
  readonly isAhead: boolean
  /** It is so of all packets of a cell, not only of the one that was followed. */
  readonly isOfAll: boolean
  /** Clients that leave their port to the kernel are concerned, not only others. */
  readonly isOfUsual: boolean
  /** The containers that the witness is from and to, where the packets are a network's own. */
  readonly ends?: NamedEnds
  /** How many more rules do the same to other packets of it. */
  readonly others: number
  /** There may be others that were not looked for. */
  readonly mayBeMore?: true
  /** The culprits that are told together with this one, by their keys. */
  readonly otherCulprits: readonly (object | string)[]
  /** Those of them that refuse no packet for its source: a remedy of this finding is one for them too. */
  readonly mendedTogether: readonly NetfilterRule[]
}

/** Is it about what goes out of a network? A message tells of that or of what goes in, and not of both. */
export const isOutward = ({ rows: [row] }: Finding): boolean => row?.way === 'egress'

/** The witness as a packet that `evaluate` takes. */
export const witnessOf = ({ rows: [row], point }: Finding): Packet | null =>
  row === undefined
    ? null
    : {
        family: row.family,
        in: row.in,
        source: row.choosesSource ? null : addressText(row.family, point.saddr),
        sourcePort: Number(point.sport),
        destination: addressText(row.family, point.daddr),
        destinationPort: Number(point.dport),
        protocol: protocolName(row.protocol),
        state: 'new',
      }

/** A culprit, as a conflict names it, with where its rule was found. */
interface NamedCulprit extends Pick<TraceStep, 'table' | 'chain'> {
  readonly culprit: Culprit
}

const named = new WeakMap<NetfilterRule, NamedCulprit>()

/** The culprit, as a conflict names it. One rule may be that of thousands of mappings. */
export const culpritOf = (step: TraceStep | null): Culprit | null => {
  if (step === null) return null
  const { table, chain, rule } = step
  if (rule === null) return nameCulprit(step)
  const known = named.get(rule)
  if (known !== undefined && known.table === table && known.chain === chain) return known.culprit
  const culprit = nameCulprit(step)
  named.set(rule, { table, chain, culprit })
  return culprit
}

const nameCulprit = (step: TraceStep): Culprit => {
  const { table, chain, rule, deed, cause } = step
  const source = rule === null ? null : keptSource(rule)
  const counters = source?.counters ?? null
  const owner = table === null || chain === null ? null : ownerOf(table, chain, rule)
  const tool = table === null ? 'kernel' : toolOfChain(table, chain)
  const managed = owner !== 'portolan' || rule === null ? null : managedPartOf(rule)
  return {
    tool,
    family: table?.family ?? null,
    table: table?.name ?? null,
    chain: chain?.name ?? null,
    position: source?.position ?? (chain === null ? null : 'policy'),
    handle: source?.handle ?? null,
    text: source?.text ?? cause?.text ?? policyText(tool, chain?.name ?? '', deed),
    owner,
    ...(managed === null ? {} : { managed }),
    counters: counters === null ? null : { packets: Number(counters.packets), bytes: Number(counters.bytes) },
  }
}

/** The witness's way. */
export const traceOf = ({ judgement }: Finding): Telling['trace'] =>
  describeTrace(judgement.conclusion.end.world.trace)

/** The same, and what it comes to. */
export const tellFinding = ({ judgement }: Finding): Telling => tell(judgement.conclusion, noValues)

const noValues: ReadonlyMap<number | bigint, readonly (string | null)[]> = new Map()
