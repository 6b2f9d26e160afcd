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

/** A chain ready to be walked. */
export interface Program {
  readonly table: NetfilterTable
  readonly chain: NetfilterChain
  /** A rule by its place, compiled when it is first asked: of a long chain most never are. */
  readonly rule: (at: number) => CompiledRule | undefined
  /** Null of a short chain, which is walked. Made when it is first asked for: a learner has plans of its own. */
  readonly index: () => RuleIndex | null
  /** False: its table changes addresses on the way, so that no field says for sure which rules can match. */
  readonly indexable: boolean
  /** It is one of ours, by its name. */
  readonly isOurs: boolean
  /** Does anything in it, or in what it jumps to, leave a mark that others could read? */
  readonly leavesTraces: boolean
  /** It can do nothing to a packet but end it, and nothing to the packets after it. */
  readonly isCheck: () => boolean
  /** Does it, or what it jumps to, lead to a chain of ours? */
  readonly leadsToOurs: () => boolean
  /** Is it, or is in it, or does it lead to, one of these chains and rules? */
  readonly leadsToAny: (wanted: ReadonlySet<object>) => boolean
  readonly learning: () => ChainLearning
}

export interface CompiledRule {
  readonly rule: NetfilterRule
  /** The matches at its head, which nearly always decide. */
  readonly head: Test
  /** All that follows. */
  readonly tail: readonly CompiledStep[]
  /** The same for a learner. */
  readonly learning: () => LearningTail
  /** It lets a packet pass, or spares it the rest of the chain, and does nothing else. */
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
      /** Of a dispatch: the chains its table leads to are found by name in the table's programs. */
      readonly operands: NatReads | null
    }

/** Readers of the operands of a translation; those of one map share one lookup. */
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

/** A table's chains by name, compiled when they are first walked: most of a big ruleset never is. */
export interface TableProgram {
  readonly table: NetfilterTable
  readonly compiler: Compiler
  readonly find: (chain: string) => Program | null
}

/** Each table once: one of family inet is for both families, and other rules for a host leave most tables as they were. */
export const compileTable = (table: NetfilterTable, compiler: Compiler): TableProgram => {
  const { tables } = compiledFor(compiler)
  const known = tables.get(table)
  if (known !== undefined) return known
  const made = compileAnew(table, compiler)
  tables.set(table, made)
  return made
}

/** What has been compiled for a host. */
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

/** Chains of a table that changes addresses on the way cannot be indexed by them. */
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

/** What is made of a chain's own rules, whatever its table is. */
type CompiledRules = Pick<Program, 'rule' | 'index' | 'indexable' | 'learning'>

/** A table with one rule more is another, and most of its chains are the same. */
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

/** Does it leave what others could read, or what stays with the flow? */
const leavesTrace = ({ kind }: Step): boolean =>
  kind === 'set' || kind === 'notrack' || kind === 'nat' || kind === 'tproxy' || kind === 'fwd'

/** The connection behind a synproxy is another one (later-packets.ts). */
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
  // Whether the matches of a rule that does nothing hold is all the same.
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

/** Compiled when it is first asked: a learner reads the matches its own way. */
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
