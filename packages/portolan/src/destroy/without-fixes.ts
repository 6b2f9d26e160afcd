import type { Fix } from '@portolan/host'
import * as iptables from '@portolan/iptables'
import type { Family } from '@portolan/netfilter'
import type { HostRules } from '../host-rules/host-rules.ts'

/**
 * The rules of a host without those that were asked for in DOCKER-USER: they go with the mappings they serve. What
 * ufw and firewalld were asked for stands among rules of their own, which stay.
 *
 * @internal
 */
export const withoutFixes = (rules: HostRules, fixes: readonly Fix[]): HostRules =>
  fixes
    .flatMap(({ undo }) => undo)
    .flatMap((words) => readDeletion(words) ?? [])
    .reduce(deleted, rules)

interface Deletion {
  readonly variant: 'iptables-nft' | 'iptables-legacy'
  readonly family: Family
  readonly table: string
  readonly chain: string
  readonly rule: string
}

/** `ip6tables-nft -t filter -D DOCKER-USER ...`; null: a command of another kind. */
const readDeletion = ([
  program = '',
  ,
  table = '',
  action,
  chain = '',
  ...rule
]: readonly string[]): Deletion | null => {
  const [, six, variant] = /^ip(6?)tables-(nft|legacy)$/.exec(program) ?? []
  if (variant === undefined || action !== '-D') return null
  const family = six === '' ? 'ip' : 'ip6'
  const text = `*${table}\n:${chain} - [0:0]\n-A ${chain} ${rule.join(' ')}\nCOMMIT\n`
  const [read] = iptables.parse(text, program, family).tables[0]?.chains[0]?.rules ?? []
  return read === undefined
    ? null
    : {
        ...{ family, table, chain },
        variant: variant === 'nft' ? 'iptables-nft' : 'iptables-legacy',
        rule: iptables.printRule(read),
      }
}

/** As `iptables -D` does: the first rule that is the same. */
const deleted = (rules: HostRules, { variant, family, table, chain, rule }: Deletion): HostRules => ({
  ...rules,
  [variant]: {
    ...rules[variant],
    tables: rules[variant].tables.map((one) =>
      one.family !== family || one.name !== table
        ? one
        : {
            ...one,
            chains: one.chains.map((each) => {
              if (each.name !== chain) return each
              const at = each.rules.findIndex((present) => iptables.printRule(present) === rule)
              return at === -1 ? each : { ...each, rules: each.rules.toSpliced(at, 1) }
            }),
          },
    ),
  },
})
