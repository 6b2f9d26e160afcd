import type {
  NetfilterChain,
  NetfilterRule,
  NetfilterRuleset,
  NetfilterTable,
  Step,
  Verdict,
} from '../../model/index.ts'
import { verdictsOf } from '../chain/dispatch-verdicts.ts'

/**
 * The first bridge table that may stop a packet, or change what becomes of it; null: there is none. Bridge tables are
 * not simulated, so the outcome is only possible for a packet that crosses such a table. A table that only counts,
 * accepts, or sets marks that nothing reads changes nothing.
 *
 * @param routesByMark - whether a routing rule matches the mark of a packet
 */
export const findBridgeTable = (
  rulesets: readonly NetfilterRuleset[],
  routesByMark: boolean,
): NetfilterTable | null => {
  const tables = rulesets.flatMap((ruleset) => ruleset.tables)
  const bridges = tables.filter(({ family, dormant }) => family === 'bridge' && !dormant)
  if (bridges.length === 0) return null
  const matters = (step: Step): boolean =>
    step.kind === 'set' && (step.target === 'mark' || step.target === 'ct-mark')
      ? routesByMark || tables.some((table) => table.family !== 'bridge' && asksMark(table))
      : acts(step)
  return (
    bridges.find((table) =>
      reachable(table).some(
        ({ base, rules }) =>
          base?.policy === 'drop' || rules.some(({ steps }) => steps.some((step) => matters(step))),
      ),
    ) ?? null
  )
}

/**
 * The first arp table that may drop an ARP message or change it; null: there is none. Without ARP no IPv4 packet finds
 * its receiver on a link. These tables are not simulated.
 */
export const findArpTable = (rulesets: readonly NetfilterRuleset[]): NetfilterTable | null =>
  rulesets
    .flatMap(({ tables }) => tables)
    .find(
      (table) =>
        table.family === 'arp' &&
        !table.dormant &&
        reachable(table).some(
          ({ base, rules }) => base?.policy === 'drop' || rules.some(({ steps }) => steps.some(acts)),
        ),
    ) ?? null

/** Whether a step ends the packet's path, or changes the packet. */
const acts = (step: Step): boolean => {
  switch (step.kind) {
    case 'verdict':
      return isEnd(step.verdict)
    case 'dispatch':
      return verdictsOf(step.table).some(isEnd)
    case 'compare':
    case 'lookup':
    case 'any-of':
    case 'unknown-match':
    case 'note':
      return false
    default:
      return true
  }
}

const isEnd = ({ kind }: Verdict): boolean => kind === 'drop' || kind === 'stolen'

/** The chains that packets reach: base chains, and the chains that their rules lead to. */
const reachable = ({ chains }: NetfilterTable): readonly NetfilterChain[] => {
  const byName = new Map(chains.map((chain) => [chain.name, chain]))
  const found = new Set(chains.filter(({ base }) => base !== null))
  // The loop also visits the chains that it adds to the set.
  for (const { rules } of found)
    for (const name of rules.flatMap(targetsOf)) {
      const chain = byName.get(name)
      if (chain !== undefined) found.add(chain)
    }
  return [...found]
}

const targetsOf = ({ steps }: NetfilterRule): readonly string[] =>
  steps
    .flatMap((step) =>
      step.kind === 'verdict' ? [step.verdict] : step.kind === 'dispatch' ? verdictsOf(step.table) : [],
    )
    .flatMap((verdict) => ('chain' in verdict ? [verdict.chain] : []))

const asksMark = ({ chains }: NetfilterTable): boolean =>
  chains.some(({ rules }) => rules.some(({ steps }) => steps.some(readsMark)))

/** Whether a part of a step reads a mark, looks up a route by mark, or is not understood. */
const readsMark = (part: unknown): boolean => {
  if (Array.isArray(part)) return part.some(readsMark)
  if (typeof part !== 'object' || part === null) return false
  const { kind, field, key, mark } = part as Record<string, unknown>
  if (kind === 'unknown-match' || kind === 'unknown-action') return true
  if ((kind === 'field' && field === 'mark') || (kind === 'conntrack' && key === 'mark')) return true
  if (kind === 'fib') return mark === true
  // Elements of sets are values, and there may be millions of them.
  return Object.entries(part).some(
    ([name, value]) => name !== 'elements' && name !== 'values' && readsMark(value),
  )
}
