import * as iptables from '@portolan/iptables'
import type { NetfilterRuleset } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import type { Machine } from '../../lab/machine.ts'

/** The texts for each tool's restore program; null: the tool has no rules. */
export interface RuleTexts {
  readonly nft: string | null
  readonly 'iptables-nft': string | null
  readonly 'ip6tables-nft': string | null
  readonly 'iptables-legacy': string | null
  readonly 'ip6tables-legacy': string | null
}

const restores = ['iptables-nft', 'ip6tables-nft', 'iptables-legacy', 'ip6tables-legacy'] as const

const legacyTables: readonly (readonly [string, readonly string[]])[] = [
  ['raw', ['PREROUTING', 'OUTPUT']],
  ['mangle', ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']],
  ['nat', ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING']],
  ['filter', ['INPUT', 'FORWARD', 'OUTPUT']],
]

/** A legacy table that was registered once stays registered. With this text it has no rules. */
export const emptyLegacy = legacyTables
  .map(([table, chains]) =>
    [`*${table}`, ...chains.map((chain) => `:${chain} ACCEPT [0:0]`), 'COMMIT', ''].join('\n'),
  )
  .join('')

const separator = '=== next ==='

const reads: readonly (readonly [string, string])[] = [
  ['nft', 'nft -j list ruleset'],
  ...restores.map((program): readonly [string, string] => [program, `${program}-save`]),
]

/** A here-document with an end mark that cannot stand in a rule. */
export const feed = (program: string, text: string): string =>
  `${program} <<'END-OF-RULES'\n${text}\nEND-OF-RULES`

/** Replaces all rules of the host by these, deletes all flows, and reads the rules as the product does. */
export const loadRules = async (host: Machine, texts: RuleTexts): Promise<readonly NetfilterRuleset[]> => {
  const script = [
    'set -e',
    'nft flush ruleset',
    ...['iptables', 'ip6tables'].map((program) => feed(`${program}-legacy-restore`, emptyLegacy)),
    ...(texts.nft === null ? [] : [feed('nft -f -', texts.nft)]),
    ...restores.flatMap((program) => {
      const text = texts[program]
      return text === null ? [] : [feed(`${program}-restore`, text)]
    }),
    'conntrack -F >/dev/null 2>&1 || true',
    ...reads.map(([, command]) => `${command}; echo '${separator}'`),
  ].join('\n')
  const parts = (await host.mustRun(['sh'], { input: script })).split(`${separator}\n`)
  const printed = new Map(reads.map(([program], at) => [program, parts[at] ?? '']))
  const save = (program: (typeof restores)[number]): NetfilterRuleset => {
    const family = program.startsWith('ip6') ? 'ip6' : 'ip'
    const tool = program.endsWith('nft') ? 'iptables-nft' : 'iptables-legacy'
    return iptables.lower(iptables.parse(printed.get(program) ?? '', program, family), { tool })
  }
  return [
    ...restores.filter((program) => program.endsWith('legacy')).map(save),
    nftables.lower(nftables.parse(printed.get('nft') ?? ''), { readElsewhere: nftables.isIptablesTable }),
    ...restores.filter((program) => program.endsWith('nft')).map(save),
  ]
}
