import { furtherSteps } from '../../model/further-steps.ts'
import type {
  ActionStep,
  BaseHook,
  ElementTable,
  MatchStep,
  NetfilterChain,
  NetfilterRule,
  NetfilterTable,
  Step,
} from '../../model/index.ts'
import { ownerOfChain } from '../../owner/fingerprint.ts'
import { ownerOf } from '../../owner/index.ts'
import { type ChainLearning, learnChain } from '../chain/chain-plan.ts'
import { leadsToAny, leadsToStep } from '../chain/chain-steps.ts'
import { type LearningTail, learningTail } from '../chain/learning-tail.ts'
import { noHeads, readHeads } from '../chain/rule-heads.ts'
import { indexRules, type RuleIndex } from '../chain/rule-index.ts'
import { acts, compileMatches, isLenient, isMatch, type Test } from './compile-match.ts'
import type { Compiler } from './compiler.ts'
import type { Lookup } from './element-index.ts'
import { once, onceForEach } from './once.ts'
import type { Read } from './read.ts'
import { compileExpression } from './read-expression.ts'

/** A compiled chain. */
export interface Program {
  readonly table: NetfilterTable
  readonly chain: NetfilterChain
  /** A rule by its place, compiled at its first use: most rules of a long chain are not used. */
  readonly rule: (at: number) => CompiledRule | undefined
  /**
   * The index of the rules, built at its first use: a learner has plans of its own. Null for a short chain, which is
   * walked.
   */
  readonly index: () => RuleIndex | null
  /** False: a rule of the table changes addresses, so no field tells for sure which rules can match. */
  readonly indexable: boolean
  /** Whether it is a managed chain, by its name. */
  readonly isOurs: boolean
  /** Whether the chain, or one that it leads to, changes something that other chains could read. */
  readonly leavesTraces: boolean
  /** Whether the chain can only end a packet's path, and changes nothing for the packets after it. */
  readonly isCheck: () => boolean
  /** Whether the chain is managed, or leads to a managed chain. */
  readonly leadsToOurs: () => boolean
  /** Whether the chain is or has one of these chains and rules, or leads to one. */
  readonly leadsToAny: (wanted: ReadonlySet<object>) => boolean
  readonly learning: () => ChainLearning
}

export interface CompiledRule {
  readonly rule: NetfilterRule
  /** Tests the leading matches, which nearly always decide. */
  readonly head: Test
  /** The steps behind the leading matches. */
  readonly tail: readonly CompiledStep[]
  /** The same steps for a learner. */
  readonly learning: () => LearningTail
  /** Whether the rule only accepts a packet, or spares it the rest of the chain. */
  readonly isLenient: boolean
}

/** A step with the readers and the lookup it needs. */
export type CompiledStep =
  | { readonly kind: 'match'; readonly test: Test }
  | {
      readonly kind: 'act'
      readonly action: ActionStep
      readonly reads: readonly Read[]
      readonly find: Lookup | null
      /** The operands of a translation; null for other actions. */
      readonly operands: NatReads | null
    }

/**
 * The readers of a translation's operands. An address and a port from one map come from the same element
 * (nat-choices.ts).
 */
export interface NatReads {
  readonly address: OperandRead | null
  readonly port: OperandRead | null
}

export type OperandRead =
  | { readonly kind: 'read'; readonly read: Read }
  | {
      readonly kind: 'map'
      readonly reads: readonly Read[]
      readonly table: ElementTable
      readonly find: Lookup
      readonly part: number
    }

/** A table's chains by name, compiled at their first walk: most chains of a big ruleset are not walked. */
export interface TableProgram {
  readonly table: NetfilterTable
  readonly compiler: Compiler
  readonly find: (chain: string) => Program | null
}

/**
 * Compiles each table once. A table of family inet serves both families, and a change of rules leaves most tables the
 * same.
 */
export const compileTable = (table: NetfilterTable, compiler: Compiler): TableProgram => {
  const { tables } = compiledFor(compiler)
  const known = tables.get(table)
  if (known !== undefined) return known
  const made = compileAnew(table, compiler)
  tables.set(table, made)
  return made
}

/** The tables and chains compiled for a host. */
interface Compiled {
  readonly tables: WeakMap<NetfilterTable, TableProgram>
  readonly chains: WeakMap<NetfilterChain, CompiledRules>
}

const compiled = new WeakMap<Compiler, Compiled>()

const compiledFor = (compiler: Compiler): Compiled => {
  const known = compiled.get(compiler)
  if (known !== undefined) return known
  const made: Compiled = { tables: new WeakMap(), chains: new WeakMap() }
  compiled.set(compiler, made)
  return made
}

const compileAnew = (table: NetfilterTable, compiler: Compiler): TableProgram => {
  const chains = new Map(table.chains.map((chain) => [chain.name, chain]))
  const programs = new Map<string, Program | null>()
  const rewrites = table.chains.some(({ rules }) => furtherSteps(rules).some(rewritesAddress))
  return {
    table,
    compiler,
    find: (name) => {
      const known = programs.get(name)
      if (known !== undefined) return known
      const chain = chains.get(name)
      const made = chain === undefined ? null : compileChain(table, chain, chains, compiler, rewrites)
      programs.set(name, made)
      return made
    },
  }
}

/** Whether a step rewrites an address or a port. Chains of such a table cannot be indexed by these fields. */
const rewritesAddress = (step: Step): boolean =>
  step.kind === 'set' && ['saddr', 'daddr', 'sport', 'dport'].includes(step.target)

const compileChain = (
  table: NetfilterTable,
  chain: NetfilterChain,
  chains: ReadonlyMap<string, NetfilterChain>,
  compiler: Compiler,
  rewrites: boolean,
): Program => {
  const isOurs = ownerOf(table, chain, null) === 'portolan'
  const { rule, index, indexable, learning } = compiledRules(chain, compiler, rewrites)
  return {
    table,
    chain,
    rule,
    index,
    indexable,
    isOurs,
    leavesTraces: leadsToStep(chains, chain, leavesTrace),
    isCheck: once(() => !leadsToStep(chains, chain, changes)),
    leadsToOurs: once(() => isOurs || leadsToStep(chains, chain, isJumpToOurs)),
    leadsToAny: onceForEach((wanted) => leadsToAny(chains, chain, wanted)),
    learning,
  }
}

/** The parts of a program that come from the chain's own rules, whatever its table is. */
type CompiledRules = Pick<Program, 'rule' | 'index' | 'indexable' | 'learning'>

/**
 * Compiles the rules of a chain once. A table with one more rule is another object, but most of its chains are the
 * same.
 */
const compiledRules = (chain: NetfilterChain, compiler: Compiler, rewrites: boolean): CompiledRules => {
  const { chains } = compiledFor(compiler)
  const known = chains.get(chain)
  if (known?.indexable === !rewrites) return known
  const heads = once(() => (rewrites ? noHeads(chain.rules.length) : readHeads(chain.rules)))
  const made: CompiledRules = {
    rule: compileRules(chain.rules, compiler),
    index: once(() => (rewrites ? null : indexRules(heads()))),
    indexable: !rewrites,
    learning: once(() => learnChain(chain.rules, heads(), !rewrites, compiler)),
  }
  chains.set(chain, made)
  return made
}

/** Whether a step changes something that other chains could read, or that stays with the flow. */
const leavesTrace = ({ kind }: Step): boolean =>
  kind === 'set' || kind === 'notrack' || kind === 'nat' || kind === 'tproxy' || kind === 'fwd'

/** Whether a step changes something for later packets too: a synproxy makes another connection (later-packets.ts). */
const changes = (step: Step): boolean => leavesTrace(step) || step.kind === 'synproxy'

const isJumpToOurs = (step: Step): boolean =>
  step.kind === 'verdict' && 'chain' in step.verdict && ownerOfChain(step.verdict.chain) === 'portolan'

const compileRules = (rules: readonly NetfilterRule[], compiler: Compiler): Program['rule'] => {
  const compiled: CompiledRule[] = []
  return (at) => {
    const known = compiled[at]
    if (known !== undefined) return known
    const rule = rules[at]
    if (rule === undefined) return undefined
    const made = compileRule(rule, compiler)
    compiled[at] = made
    return made
  }
}

const compileRule = (rule: NetfilterRule, compiler: Compiler): CompiledRule => {
  const from = rule.steps.findIndex((step) => !isMatch(step))
  const split = from < 0 ? rule.steps.length : from
  const head: MatchStep[] = rule.steps.slice(0, split).filter(isMatch)
  // A rule that does nothing needs no steps: whether its matches hold does not matter.
  const rest = acts(rule) ? rule.steps.slice(split) : []
  return {
    rule,
    head: whenAsked(() => compileMatches(head, compiler)),
    tail: rest
      .filter(({ kind }) => kind !== 'note')
      .map(
        (step): CompiledStep =>
          isMatch(step)
            ? { kind: 'match', test: compileMatches([step], compiler) }
            : compileAction(step, compiler),
      ),
    learning: once(() => learningTail(rule.steps, compiler)),
    isLenient: isLenient(rule),
  }
}

/** Compiles a test at its first use: a learner tests the matches in its own way. */
const whenAsked = (compile: () => Test): Test => {
  let test: Test | null = null
  return (world) => {
    test ??= compile()
    return test(world)
  }
}

const compileAction = (action: ActionStep, compiler: Compiler): CompiledStep => ({
  kind: 'act',
  action,
  reads:
    action.kind === 'dispatch'
      ? action.key.map((one) => compileExpression(one, compiler))
      : action.kind === 'set'
        ? [compileExpression(action.value, compiler)]
        : [],
  find: action.kind === 'dispatch' ? compiler.index(action.table) : null,
  operands:
    action.kind === 'nat'
      ? { address: compileOperand(action.address, compiler), port: compileOperand(action.port, compiler) }
      : null,
})

const compileOperand = (
  operand: (ActionStep & { kind: 'nat' })['address'],
  compiler: Compiler,
): OperandRead | null => {
  if (operand === null) return null
  if (operand.kind === 'range') {
    const { first, last } = operand
    const table: ElementTable = {
      name: null,
      elements: [],
      otherwise: { kind: 'values', values: [{ first, last }] },
      complete: true,
    }
    return { kind: 'map', reads: [], table, find: compiler.index(table), part: 0 }
  }
  const { expression } = operand
  if (expression.kind !== 'map') return { kind: 'read', read: compileExpression(expression, compiler) }
  return {
    kind: 'map',
    reads: expression.key.map((one) => compileExpression(one, compiler)),
    table: expression.table,
    find: compiler.index(expression.table),
    part: expression.part,
  }
}

/** A base chain and its hook. */
export interface BaseProgram {
  readonly program: Program
  readonly base: BaseHook
  readonly tables: TableProgram
}
