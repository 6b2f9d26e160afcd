import { hasValue, rangeSet } from '../../address/range-set.ts'
import type { CompareStep, ElementTable, LookupStep, MatchStep, ValueRange } from '../../model/index.ts'
import type { World } from '../packet/world.ts'
import { compileMatch, type Test } from '../value/compile-match.ts'
import type { Compiler } from '../value/compiler.ts'
import { compileExpression } from '../value/read-expression.ts'
import { originOf } from '../value/read-origin.ts'
import { both, NO, type Truth, YES } from '../value/truth.ts'
import { dependsOn } from './learn-expression.ts'
import { learnLookup } from './learn-lookup.ts'
import { always, type Condition, type Exclusion, isOfMember, membership } from './learner.ts'

/** The result of a match, and the conditions it depends on. */
export interface Explained {
  readonly truth: Truth
  /** Empty: the result is the same whatever the free fields are. */
  readonly because: readonly Condition[]
  /**
   * A wider reason, with conditions on the mapping among its own. It may stand in place of `because`. Null: there is
   * none.
   */
  readonly unless: Exclusion | null
  /** Whether the result differs where the conditions do not hold. */
  readonly isExact: boolean
}

export type Explain = (world: World) => Explained

/** Compiles a match into a test that tells its reasons. */
export const explainMatch = (step: MatchStep, compiler: Compiler): Explain => {
  switch (step.kind) {
    case 'compare':
      return explainCompare(step, compiler)
    case 'lookup':
      return explainLookup(step, compiler)
    case 'any-of':
      return explainAnyOf(step.alternatives, step.negated, compiler)
    case 'unknown-match': {
      const test = compileMatch(step, compiler)
      return (world) => surely(test(world))
    }
  }
}

/** A result that holds under some conditions. */
export const because = (
  truth: Truth,
  conditions: readonly Condition[],
  isExact: boolean = conditions.length === 0,
): Explained => ({ truth, because: conditions, unless: null, isExact })

const surelyTrue: Explained = because(YES, always)
const surelyFalse: Explained = because(NO, always)

/** A result that holds whatever the free fields are. */
const surely = (truth: Truth): Explained =>
  truth === YES ? surelyTrue : truth === NO ? surelyFalse : because(truth, always)

/**
 * Compiles the test of all matches. One match that fails whatever the free fields are is reason enough. Of several that
 * fail under conditions, one reason is enough.
 */
export const explainMatches = (steps: readonly MatchStep[], compiler: Compiler): Explain => {
  const tests: Explain[] = []
  for (let at = 0; at < steps.length; at += 1) {
    const step = steps[at]
    if (step !== undefined) tests.push(explainMatch(step, compiler))
  }
  const only = tests[0]
  if (only === undefined) return () => surelyTrue
  if (tests.length === 1) return only
  // Thousands of rules are tested for one packet, so this list is used again.
  const parts: Explained[] = []
  return (world) => {
    let failed: Explained | null = null
    let truth: Truth = YES
    let isSure = true
    for (let at = 0; at < tests.length; at += 1) {
      const one = tests[at]?.(world) ?? surelyTrue
      if (one.truth === NO) {
        if (one.because.length === 0) return one
        failed ??= one
      } else truth = both(truth, one.truth)
      if (one.because.length > 0) isSure = false
      parts[at] = one
    }
    if (failed !== null) return world.learner?.speaksForOthers === true ? refusal(failed, parts) : failed
    if (isSure) return surely(truth)
    return because(
      truth,
      parts.flatMap((part) => part.because),
      parts.every(({ isExact }) => isExact),
    )
  }
}

/**
 * Why some matches fail, for as many mappings as possible. A rule for one port and some sources does not depend on the
 * sources for a client with another port.
 *
 * @param failed - one of the parts that fail
 */
export const refusal = (failed: Explained, parts: readonly Explained[]): Explained => {
  const all = parts.flatMap(whenItHolds)
  if (all.length < 2 || !all.some(isOfMember)) return failed
  const failing = parts.filter(({ truth }) => truth === NO)
  if (!failing.some((part) => whenItHolds(part).length > 0)) return failed
  const failsByMember = failing.some(
    (part) =>
      part.unless?.failsByMember ??
      (part.because.length === 1 && part.because.some((one) => isOfMember(one) && !one.isOfTable)),
  )
  return { truth: NO, because: failed.because, unless: { all, failsByMember }, isExact: false }
}

/** The conditions that hold whenever the match holds, as far as these are known. */
const whenItHolds = ({ truth, because: conditions, unless, isExact }: Explained): readonly Condition[] => {
  if (truth !== NO) return isExact ? conditions : always
  if (unless !== null) return unless.all
  const [only] = conditions
  return only === undefined || conditions.length > 1 ? always : [{ ...only, inside: !only.inside }]
}

const explainCompare = (step: CompareStep, compiler: Compiler): Explain => {
  const { expression, values } = step
  if (values.kind === 'ranges' && (expression.kind === 'field' || expression.kind === 'conntrack-tuple'))
    return explainRanges(step, values.ranges, compiler)
  const test = compileMatch(step, compiler)
  if (expression.kind !== 'field' && expression.kind !== 'conntrack-tuple') {
    const depends = dependsOn(expression, compiler)
    if (depends === null) return (world) => surely(test(world))
    return (world) => because(test(world), depends(world))
  }
  return (world) => surely(test(world))
}

/** Explains a match on ranges. Thousands of rules have one, so no test is compiled for what the set itself can tell. */
const explainRanges = (step: CompareStep, ranges: readonly ValueRange[], compiler: Compiler): Explain => {
  const read = compileExpression(step.expression, compiler)
  const origin = originOf(step.expression)
  const only = ranges[0]
  const set =
    only !== undefined && ranges.length === 1 ? { starts: [only.first], ends: [only.last] } : rangeSet(ranges)
  let test: Test | null = null
  let known: Explained | null = null
  return (world) => {
    const value = read(world)
    if (value === undefined) return surelyFalse
    if (typeof value !== 'number' && typeof value !== 'bigint') {
      test ??= compileMatch(step, compiler)
      return surely(test(world))
    }
    const truth = hasValue(set, value) === step.negated ? NO : YES
    const field = origin(world)
    if (field === null) return truth === YES ? surelyTrue : surelyFalse
    // Most packets of a search get the same result.
    if (known?.truth === truth && known.because[0]?.field === field) return known
    known = because(truth, [membership(field, set, value)], true)
    return known
  }
}

const explainLookup = (step: LookupStep, compiler: Compiler): Explain => {
  const test = compileMatch(step, compiler)
  const reads = step.key.map((one) => compileExpression(one, compiler))
  const origins = step.key.map(originOf)
  const inner = step.key.map((one) =>
    one.kind === 'field' || one.kind === 'conntrack-tuple' ? null : dependsOn(one, compiler),
  )
  const { table }: { readonly table: ElementTable } = step
  return (world) => {
    const truth = test(world)
    const key = reads.map((read) => read(world))
    if (key.includes(undefined)) return surely(truth)
    const found = learnLookup(world, { readings: key, origins }, table, false)
    const others = inner.flatMap((one) => one?.(world) ?? always)
    return because(truth, others.length === 0 ? found : [...found, ...others])
  }
}

/**
 * Explains alternatives. One that holds whatever the free fields are is reason enough. If none holds, all reasons
 * count.
 */
const explainAnyOf = (
  alternatives: readonly (readonly MatchStep[])[],
  negated: boolean,
  compiler: Compiler,
): Explain => {
  const tests = alternatives.map((matches) => explainMatches(matches, compiler))
  const test = compileMatch({ kind: 'any-of', alternatives, negated }, compiler)
  return (world) => {
    const truth = test(world)
    const all = tests.map((one) => one(world))
    const holding = all.filter((one) => one.truth === YES)
    const reason = holding.find(({ because }) => because.length === 0) ?? holding[0]
    return because(truth, reason?.because ?? all.flatMap((one) => one.because))
  }
}
