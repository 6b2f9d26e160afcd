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
import type { DesiredMapping, DesiredNetwork } from '../../../contract/index.ts'
import type { Culprit } from '../../conflict.ts'
import type { RuleConflictKind } from '../blame/blame.ts'
import type { Failed } from '../follow/judge.ts'
import type { Point } from '../region/region.ts'
import { addressText } from '../rows/address-text.ts'
import type { Row } from '../rows/row.ts'

/** The containers that a witness is from and to, as messages name them; null: no container has the address. */
export interface NamedEnds {
  readonly sender: string | null
  readonly receiver: string | null
}

/** Packets that do not get what the contract promises, with the rule to blame. */
export interface Finding {
  readonly kind: RuleConflictKind
  readonly severity: 'error' | 'warning' | 'info'
  readonly certainty: 'certain' | 'possible'
  readonly mapping: DesiredMapping | null
  readonly network: DesiredNetwork
  /** The rows concerned. The witness's row comes first. */
  readonly rows: readonly Row[]
  /** Whether all clients of these rows are concerned, or only some. */
  readonly share: 'all' | 'some'
  readonly point: Point
  readonly judgement: Failed
  /** The judgement is that of another mapping with packets that have the same result. */
  readonly isBorrowed: boolean
  readonly step: TraceStep | null
  /** Rules and policies in front of the culprit that were treated as absent to find it. */
  readonly behind: ReadonlySet<object>
  /** Some packets meet this culprit first, whatever is in front of it for the witness. */
  readonly isAhead: boolean
  /** The culprit stops all packets of a cell, not only the one that was followed. */
  readonly isOfAll: boolean
  /** Clients that leave their port to the kernel are concerned, not only others. */
  readonly isOfUsual: boolean
  /** The containers that the witness is from and to. Only for packets of a network's own rows. */
  readonly ends?: NamedEnds
  /** How many more rules do the same to other packets of the mapping or network. */
  readonly others: number
  /** There may be further culprits that were not looked for. */
  readonly mayBeMore?: true
  /** The culprits that are reported together with this one, by their keys. */
  readonly otherCulprits: readonly (object | string)[]
  /** The culprits of that list that ban no source and set no limit: the remedy of this finding covers them too. */
  readonly mendedTogether: readonly NetfilterRule[]
}

/**
 * Whether a finding is about packets that leave a network. A message reports packets that leave or packets that enter,
 * not both.
 */
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

/** A culprit as a conflict names it, with the table and chain of its rule. */
interface NamedCulprit extends Pick<TraceStep, 'table' | 'chain'> {
  readonly culprit: Culprit
}

const named = new WeakMap<NetfilterRule, NamedCulprit>()

/**
 * The culprit as a conflict names it. The result is kept by rule, because one rule may be the culprit of thousands of
 * mappings.
 */
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

/** The trace of the witness. */
export const traceOf = ({ judgement }: Finding): Telling['trace'] =>
  describeTrace(judgement.conclusion.end.world.trace)

/** The trace of the witness, with its result in words. */
export const tellFinding = ({ judgement }: Finding): Telling => tell(judgement.conclusion, noValues)

const noValues: ReadonlyMap<number | bigint, readonly (string | null)[]> = new Map()
