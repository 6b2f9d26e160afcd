import { type RangeSet, rangeSet } from '../address/range-set.ts'
import type { CompareStep, ElementTable, LookupStep, MatchStep } from '../netfilter/index.ts'
import { compileMatch } from './compile-match.ts'
import type { Compiler } from './compiler.ts'
import { dependsOn } from './learn-expression.ts'
import { learnLookup } from './learn-lookup.ts'
import { always, type Condition, freeFieldOf, membership } from './learner.ts'
import { compileExpression } from './read-expression.ts'
import { both, NO, type Truth, YES } from './truth.ts'
import type { World } from './world.ts'

/** How a match came out, and what that hung on. */
export interface Explained {
  readonly truth: Truth
  /** None: it comes out so whatever the free fields are. */
  readonly because: readonly Condition[]
}

export type Explain = (world: World) => Explained

/** Makes the test of one match that tells its reasons. */
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
      return (world) => ({ truth: test(world), because: always })
    }
  }
}

const surelyTrue: Explained = { truth: YES, because: always }

/**
 * Makes the test of all of them. One that fails whatever the free fields are is reason enough; of several that fail
 * for a reason, one reason will do.
 */
export const explainMatches = (steps: readonly MatchStep[], compiler: Compiler): Explain => {
  const tests = steps.map((step) => explainMatch(step, compiler))
  const [only] = tests
  if (only === undefined) return () => surelyTrue
  if (tests.length === 1) return only
  return (world) => {
    let failed: Explained | null = null
    let truth: Truth = YES
    const because: Condition[] = []
    for (const test of tests) {
      const one = test(world)
      if (one.truth === NO) {
        if (one.because.length === 0) return one
        failed ??= one
      }
      if (failed !== null) continue
      truth = both(truth, one.truth)
      for (const condition of one.because) because.push(condition)
    }
    return failed ?? { truth, because }
  }
}

const explainCompare = (step: CompareStep, compiler: Compiler): Explain => {
  const test = compileMatch(step, compiler)
  const { expression, values } = step
  if (expression.kind !== 'field' && expression.kind !== 'conntrack-tuple') {
    const depends = dependsOn(expression, compiler)
    if (depends === null) return (world) => ({ truth: test(world), because: always })
    return (world) => ({ truth: test(world), because: depends(world) })
  }
  const read = compileExpression(expression, compiler)
  let set: RangeSet | null = null
  return (world) => {
    const truth = test(world)
    const value = read(world)
    const field = values.kind === 'ranges' ? freeFieldOf(world, value) : null
    if (field === null || values.kind !== 'ranges') return { truth, because: always }
    if (typeof value !== 'number' && typeof value !== 'bigint') return { truth, because: always }
    set ??= rangeSet(values.ranges)
    return { truth, because: [membership(field, set, value)] }
  }
}

const explainLookup = (step: LookupStep, compiler: Compiler): Explain => {
  const test = compileMatch(step, compiler)
  const reads = step.key.map((one) => compileExpression(one, compiler))
  const inner = step.key.map((one) =>
    one.kind === 'field' || one.kind === 'conntrack-tuple' ? null : dependsOn(one, compiler),
  )
  const { table }: { readonly table: ElementTable } = step
  return (world) => {
    const truth = test(world)
    const key = reads.map((read) => read(world))
    if (key.includes(undefined)) return { truth, because: always }
    const because = learnLookup(world, key, table, false)
    const others = inner.flatMap((one) => one?.(world) ?? always)
    return { truth, because: others.length === 0 ? because : [...because, ...others] }
  }
}

/** One alternative that holds whatever the free fields are is reason enough; that none holds has all their reasons. */
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
    return { truth, because: reason?.because ?? all.flatMap(({ because }) => because) }
  }
}
