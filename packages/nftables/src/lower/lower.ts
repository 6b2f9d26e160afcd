import { checkRuleset } from '@portolan/core/planning'
import type {
  BaseHook,
  NetfilterChain,
  NetfilterRule,
  NetfilterRuleset,
  NetfilterTable,
  RuleSource,
} from '@portolan/netfilter'
import { checkOptions, functionValue } from '@portolan/netfilter/schema'
import {
  type BaseChain,
  type Chain,
  isObject,
  type JsonObject,
  type Rule,
  type Ruleset,
  type Table,
} from '../model/index.ts'
import { openScope, type Scope } from './expression/scope.ts'
import { lowerStatement } from './expression/statement.ts'
import { ruleSource } from './rule-source.ts'

/**
 * Says which tables of a ruleset to leave out.
 * @public @since 0.1.0
 */
export interface LowerOptions {
  /**
   * Tables whose rules `iptables-nft-save` has given whole. They would otherwise be evaluated twice. `isIptablesTable`
   * finds them.
   */
  readonly readElsewhere?: (table: Table) => boolean
}

const hooks = {
  ingress: 'ingress',
  prerouting: 'prerouting',
  input: 'input',
  forward: 'forward',
  output: 'output',
  postrouting: 'postrouting',
  egress: 'egress',
} as const

const isHook = (hook: string): hook is keyof typeof hooks => Object.hasOwn(hooks, hook)

/** The hook of a base chain. Null: Linux has no hook of this name. */
const lowerBase = ({ type, hook, priority, policy, devices }: BaseChain): BaseHook | null =>
  isHook(hook)
    ? {
        type: type === 'nat' || type === 'route' ? type : 'filter',
        hook,
        priority,
        policy: policy === 'drop' ? 'drop' : 'accept',
        devices,
      }
    : null

type Place = Pick<RuleSource, 'family' | 'table' | 'chain'>

const countersOf = ({ statements }: Rule): RuleSource['counters'] => {
  for (const statement of statements)
    if (statement.kind === 'counter' && statement.name === null)
      return { packets: countOf(statement.packets), bytes: countOf(statement.bytes) }
  return null
}

const countOf = (value: number): bigint => (Number.isInteger(value) && value >= 0 ? BigInt(value) : 0n)

const lowerRule = (rule: Rule, position: number, place: Place, scope: Scope): NetfilterRule => ({
  source: {
    tool: 'nft',
    ...place,
    position,
    handle: rule.handle,
    text: ruleSource(rule),
    comment: rule.comment,
    counters: countersOf(rule),
  },
  steps: rule.statements.flatMap((statement) => lowerStatement(statement, scope)),
})

/**
 * A rule that stands for a rule or chain with keys we do not know. Its position in the chain is not kept, so the rule
 * is treated as possibly the first one.
 */
const lowerOpaque = (body: JsonObject, place: Place): NetfilterRule => {
  const text = JSON.stringify(body)
  const handle = typeof body.handle === 'number' ? body.handle : null
  return {
    source: { tool: 'nft', ...place, position: 0, handle, text, comment: null, counters: null },
    steps: [
      { kind: 'unknown-match', text, random: false },
      { kind: 'unknown-action', text },
    ],
  }
}

const opaqueOf = ({ opaque }: Table, chain: string): readonly JsonObject[] =>
  opaque.flatMap(({ rule, chain: odd }) => {
    if (isObject(rule) && rule.chain === chain) return [rule]
    return isObject(odd) && odd.name === chain ? [odd] : []
  })

const lowerChain = (chain: Chain, scope: Scope): NetfilterChain => {
  const { table } = scope
  const place: Place = { family: table.family, table: table.name, chain: chain.name }
  return {
    name: chain.name,
    base: chain.base === null ? null : lowerBase(chain.base),
    rules: [
      ...opaqueOf(table, chain.name).map((body) => lowerOpaque(body, place)),
      ...chain.rules.map((rule, at) => lowerRule(rule, at + 1, place, scope)),
    ],
  }
}

const lowerTable = (table: Table): NetfilterTable => {
  const scope = openScope(table)
  return {
    tool: 'nft',
    family: table.family,
    name: table.name,
    dormant: table.flags.includes('dormant'),
    ...(table.flags.includes('owner') ? { owned: true } : {}),
    ...(table.program === undefined ? {} : { program: table.program }),
    chains: table.chains.map((chain) => lowerChain(chain, scope)),
  }
}

/**
 * Lowers an nftables ruleset to the model without dialects, which `evaluate` and `findConflicts` read. Every rule keeps
 * its position, its handle and its text. A part that is not understood becomes an unknown, and no rule is left out.
 * Tables and chains stay in the order of the listing, which is the order of creation as far as it is known.
 *
 * @example
 * lower(parse(stdout), { readElsewhere: isIptablesTable }) // { tables: [...] }
 * @public @since 0.1.0
 */
export const lower = (ruleset: Ruleset, options: LowerOptions = {}): NetfilterRuleset => {
  checkRuleset(ruleset)
  checkOptions<LowerOptions>(options, { readElsewhere: functionValue }, 'the options of lower')
  const { readElsewhere = () => false } = options
  return { tables: ruleset.tables.filter((table) => !readElsewhere(table)).map(lowerTable) }
}
