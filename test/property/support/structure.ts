import * as iptables from '@portolan/iptables'
import type * as nftables from '@portolan/nftables'

/**
 * A ruleset as text, without what the kernel decides. Two rulesets have the same text exactly when they do the same.
 */
export type Structure = Readonly<Record<string, readonly string[]>>

interface StructureOptions {
  /** True: comments count. They contain users' names, and have no effect on packets. */
  readonly labels: boolean
}

const stripped = (value: unknown, { labels }: StructureOptions): unknown => {
  if (Array.isArray(value)) return value.map((item) => stripped(item, { labels }))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'handle' && (labels || key !== 'comment'))
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, item]) => [key, stripped(item, { labels })]),
  )
}

/** The rules of nftables. Sets have no order, and chains keep the order of their rules. */
export const nftStructure = (ruleset: nftables.Ruleset, options: StructureOptions): Structure =>
  Object.fromEntries(
    ruleset.tables.flatMap((table) => {
      const text = (value: unknown): string => JSON.stringify(stripped(value, options))
      const place = `${table.family} ${table.name}`
      return [
        ...table.sets.map(({ elements, comment: _, ...set }): [string, string[]] => [
          `${place} ${set.kind} ${set.name}`,
          [text(set), ...elements.map(text).sort()],
        ]),
        ...table.chains.map(({ rules, ...chain }): [string, string[]] => [
          `${place} chain ${chain.name}`,
          [text(chain), ...rules.map(text)],
        ]),
      ]
    }),
  )

/** Portolan's chains, and Portolan's rules in foreign chains, in order. */
export const iptablesStructure = (ruleset: iptables.Ruleset, { labels }: StructureOptions): Structure =>
  Object.fromEntries(
    iptables.ours(ruleset).tables.flatMap(({ family, name, chains }) =>
      chains.map((chain): [string, string[]] => [
        `${family} ${name} ${chain.name}`,
        chain.rules.map((rule) =>
          iptables.printRule({
            ...rule,
            matches: rule.matches.filter(({ kind }) => labels || kind !== 'comment'),
          }),
        ),
      ]),
    ),
  )
