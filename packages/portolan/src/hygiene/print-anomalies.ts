import { type Anomaly, type AnomalyKind, type RulePlace, visibleLine } from '@portolan/netfilter'
import { grouped } from '../plan/grouped.ts'
import { plainStyle, type Style } from '../text/style.ts'

/** What a kind of anomaly says about a rule and the rules in parentheses behind it. Warnings come first. */
const meanings: Readonly<Record<AnomalyKind, string>> = {
  Shadowing: 'never acts: earlier rules end the way of all its packets, and not as it would',
  Correlation: 'shares packets with earlier rules that do something else: their order decides',
  Generalisation: 'has exceptions, which have to stay in front of it',
  Redundancy: 'is not needed: other rules do the same to all its packets',
}

const kinds: readonly AnomalyKind[] = ['Shadowing', 'Correlation', 'Generalisation', 'Redundancy']

/**
 * Prints the anomalies of foreign rules for people: a heading for each kind, and a line for each chain. The line has
 * the position of each rule, and in parentheses the rules that make it odd. The texts and remedies are in the JSON.
 *
 * @example
 * terminal.print(printAnomalies(anomalies, terminal.style).join('\n'))
 * @internal
 */
export const printAnomalies = (anomalies: readonly Anomaly[], style: Style = plainStyle): readonly string[] =>
  kinds.flatMap((kind) => {
    const own = anomalies.filter((anomaly) => anomaly.kind === kind)
    if (own.length === 0) return []
    const severity = own.some((anomaly) => anomaly.severity === 'warning') ? 'warning' : 'info'
    const paint = severity === 'warning' ? style.yellow : style.dim
    const chains = grouped(own, ({ rule }) => placeOf(rule))
    return [
      `${paint(severity)} ${kind}: the rule ${meanings[kind]}.`,
      ...[...chains].map(([place, ofChain]) => `  ${visibleLine(`${place}: ${positionsOf(ofChain)}`)}`),
    ]
  })

const placeOf = ({ tool, family, table, chain, owner }: RulePlace): string =>
  `${tool} ${family} ${table} ${chain}${owner === null ? '' : ` (${owner})`}`

/** The positions of rules, such as `1-5 (6), 9 (3, 7)`. A question mark: the anomaly is only possible. */
const positionsOf = (anomalies: readonly Anomaly[]): string => {
  const runs: { first: number; last: number; readonly by: string }[] = []
  for (const { rule, others, hasMore, certainty } of anomalies) {
    const by = `${namesOf(others, hasMore)}${certainty === 'possible' ? '?' : ''}`
    const run = runs.at(-1)
    if (run !== undefined && run.by === by && run.last === rule.position - 1) run.last = rule.position
    else runs.push({ first: rule.position, last: rule.position, by })
  }
  return runs
    .map(({ first, last, by }) => `${first === last ? first : `${first}-${last}`} (${by})`)
    .join(', ')
}

/** At most this many of the other rules are named. */
const mostNamed = 3

const namesOf = (others: readonly RulePlace[], hasMore: boolean): string => {
  const named = others.slice(0, mostNamed).map(({ position }) => String(position))
  return [...named, ...(hasMore || others.length > mostNamed ? ['...'] : [])].join(', ')
}
