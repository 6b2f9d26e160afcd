import { parse, type UnknownPart } from '@portolan/iptables'
import type { Family, HostFacts } from '@portolan/netfilter'
import { type Backend, dialects, type HostRules, noRules, type RulesOf } from 'portolan/machine'
import { textPrograms } from '../check/check-facts.ts'
import { checkText } from '../check/check-value.ts'
import { nftListing } from '../nft-text/nft-listing.ts'
import { NotSimulatedError } from '../not-simulated-error.ts'
import type { FakeState } from './fake-state.ts'
import type { Program } from './notices.ts'

/**
 * The rules that a simulated host begins with, as the tools print them. Rules of Portolan among them are taken as its own.
 * @public @since 0.1.0
 */
export interface RuleTexts {
  /** The output of `iptables-save` (`iptables-nft-save`). */
  readonly iptables?: string
  /** The output of `ip6tables-save` (`ip6tables-nft-save`). */
  readonly ip6tables?: string
  /** The output of `iptables-legacy-save`. */
  readonly iptablesLegacy?: string
  /** The output of `ip6tables-legacy-save`. */
  readonly ip6tablesLegacy?: string
  /** The output of `nft list ruleset` or `nft -j list ruleset`. */
  readonly nft?: string
}

/**
 * Sets the rules of other programs on a simulated host. Each call replaces the earlier foreign rules of that tool.
 * Portolan's own rules stay, in front of them as after an `apply`.
 * @example
 * const host = fakeHost()
 * host.foreign.iptables('*filter\n:FORWARD DROP [0:0]\nCOMMIT\n')
 * host.send({ family: 'ip', in: 'eth0', source: '198.51.100.7', destination: '203.0.113.9', protocol: 'tcp' }).outcome // 'dropped'
 * @public @since 0.1.0
 */
export interface ForeignRules {
  /** @param text - as `iptables-save` prints it; @throws ParseError, NotSimulatedError */
  iptables(text: string): void
  /** @param text - as `ip6tables-save` prints it; @throws ParseError, NotSimulatedError */
  ip6tables(text: string): void
  /** @param text - as `iptables-legacy-save` prints it; @throws ParseError, NotSimulatedError */
  iptablesLegacy(text: string): void
  /** @param text - as `ip6tables-legacy-save` prints it; @throws ParseError, NotSimulatedError */
  ip6tablesLegacy(text: string): void
  /** @param text - as `nft list ruleset` or `nft -j list ruleset` prints it; @throws ParseError, NotSimulatedError */
  nft(text: string): void
}

export const foreignRules = (state: FakeState): ForeignRules => {
  const checked = (key: keyof typeof textPrograms, text: string): string => {
    checkText(text, `foreign.${key}(text)`, `"${textPrograms[key]}"`)
    return text
  }
  return {
    iptables: (text) => setIptables(state, 'iptables-nft', 'ip', checked('iptables', text)),
    ip6tables: (text) => setIptables(state, 'iptables-nft', 'ip6', checked('ip6tables', text)),
    iptablesLegacy: (text) => setIptables(state, 'iptables-legacy', 'ip', checked('iptablesLegacy', text)),
    ip6tablesLegacy: (text) => setIptables(state, 'iptables-legacy', 'ip6', checked('ip6tablesLegacy', text)),
    nft: (text) => {
      const own = dialects.nftables.ours(state.rules.nftables)
      const foreign = withoutOurs('nftables', readNft(checked('nft', text), state.facts))
      const nftables = { ...foreign, tables: [...foreign.tables, ...own.tables] }
      state.setRules({ ...state.rules, nftables }, programOf('nft'))
    },
  }
}

type IptablesBackend = 'iptables-nft' | 'iptables-legacy'

/** Another program, with a number of its own. */
export const programOf = (name: string): Program => ({ pid: 4711, name })

const setIptables = (state: FakeState, backend: IptablesBackend, family: Family, text: string): void => {
  const dialect = dialects[backend]
  const before = state.rules[backend]
  const foreign = withoutOurs(backend, readIptables(backend, family, text))
  const kept = { ...before, tables: before.tables.filter((table) => table.family !== family) }
  const bare = dialect.merge([kept, foreign])
  // Managed rules come back in front, where they are after an apply.
  const after = dialect.applyTo(bare, dialect.diff(bare, dialect.ours(before)))
  state.setRules({ ...state.rules, [backend]: after }, programOf(dialect.program))
}

const withoutOurs = <One extends Backend>(backend: One, rules: RulesOf<One>): RulesOf<One> => {
  const dialect = dialects[backend]
  return dialect.applyTo(rules, dialect.diff(rules, dialect.empty))
}

const toolName = (backend: IptablesBackend, family: Family): string =>
  `${family === 'ip' ? 'iptables' : 'ip6tables'}${backend === 'iptables-nft' ? '' : '-legacy'}-save`

/** Refuses a rule that is not understood: a simulated host cannot tell what such a rule does. */
const refuseUnknown = ({ kind, text, line, column }: UnknownPart, program: string): never => {
  throw new NotSimulatedError(
    `"${text}" in line ${line}, column ${column} of the text of ${program}`,
    `this ${kind} is not known, or its options do not fit it`,
    'Correct it, or leave the rule out.',
  )
}

const readIptables = (backend: IptablesBackend, family: Family, text: string): RulesOf<IptablesBackend> => {
  const program = toolName(backend, family)
  return parse(text, program, family, { onUnknown: (part) => refuseUnknown(part, program) })
}

const readNft = (text: string, { interfaces = [] }: HostFacts): RulesOf<'nftables'> => {
  const names = interfaces.flatMap(({ name }) => name ?? [])
  const json = text.trimStart().startsWith('{') ? text : nftListing(text, names)
  return dialects.nftables.parse(json, 'nft list ruleset')
}

/** Reads the rules of a host from the texts that its tools print. */
export const rulesFromTexts = (texts: RuleTexts, facts: HostFacts): HostRules => {
  const { iptables = '', ip6tables = '', iptablesLegacy = '', ip6tablesLegacy = '', nft = '' } = texts
  const read = (backend: IptablesBackend, ip: string, ip6: string): RulesOf<IptablesBackend> =>
    dialects[backend].merge(
      (
        [
          ['ip', ip],
          ['ip6', ip6],
        ] as const
      ).flatMap(([family, text]) => (text.trim() === '' ? [] : [readIptables(backend, family, text)])),
    )
  return {
    ...noRules,
    nftables: nft.trim() === '' ? noRules.nftables : readNft(nft, facts),
    'iptables-nft': read('iptables-nft', iptables, ip6tables),
    'iptables-legacy': read('iptables-legacy', iptablesLegacy, ip6tablesLegacy),
  }
}
