import type { CompareStep, LookupStep, MatchStep, NetfilterRule, Step } from '../../model/index.ts'
import type { World } from '../packet/world.ts'
import type { Compiler } from './compiler.ts'
import { compileExpression } from './read-expression.ts'
import { both, CHANCE, MAYBE, NO, not, type Truth, YES } from './truth.ts'
import { compileValues } from './value-test.ts'

export type Test = (world: World) => Truth

export const isMatch = (step: Step): step is MatchStep =>
  step.kind === 'compare' || step.kind === 'lookup' || step.kind === 'any-of' || step.kind === 'unknown-match'

/** Compiles one match into its test. */
export const compileMatch = (step: MatchStep, compiler: Compiler): Test => {
  switch (step.kind) {
    case 'compare':
      return compileCompare(step, compiler)
    case 'lookup':
      return compileLookup(step, compiler)
    case 'any-of':
      return compileAnyOf(step.alternatives, step.negated, compiler)
    case 'unknown-match':
      return step.random ? () => CHANCE : () => MAYBE
  }
}

/** Compiles several matches into one test: all must hold. */
export const compileMatches = (steps: readonly MatchStep[], compiler: Compiler): Test => {
  const tests = steps.map((step) => compileMatch(step, compiler))
  const [first, second] = tests
  if (first === undefined) return () => YES
  if (second === undefined) return first
  return (world) => {
    let truth: Truth = YES
    for (const test of tests) {
      const one = test(world)
      if (one === NO) return NO
      if (one !== YES) truth = both(truth, one)
    }
    return truth
  }
}

const compileCompare = ({ expression, values, negated }: CompareStep, compiler: Compiler): Test => {
  const read = compileExpression(expression, compiler)
  const test = compileValues(values)
  if (!negated) return (world) => test(read(world))
  return (world) => {
    const reading = read(world)
    return reading === undefined ? NO : not(test(reading))
  }
}

const compileLookup = ({ key, table, negated }: LookupStep, compiler: Compiler): Test => {
  const reads = key.map((one) => compileExpression(one, compiler))
  const find = compiler.index(table)
  return (world) => {
    const readings = reads.map((read) => read(world))
    if (readings.includes(undefined)) return NO
    const { hit } = find(readings)
    return negated ? not(hit) : hit
  }
}

const compileAnyOf = (
  alternatives: readonly (readonly MatchStep[])[],
  negated: boolean,
  compiler: Compiler,
): Test => {
  const tests = alternatives.map((matches) => compileMatches(matches, compiler))
  return (world) => {
    let truth: Truth = NO
    for (const test of tests) {
      const one = test(world)
      if (one === YES) return negated ? NO : YES
      if (one === MAYBE || (one === CHANCE && truth === NO)) truth = one
    }
    return negated ? not(truth) : truth
  }
}

/** Whether a rule can change, bind or end something. */
export const acts = ({ steps }: NetfilterRule): boolean => {
  for (const step of steps) if (!isMatch(step) && step.kind !== 'note') return true
  return false
}

/** Whether a rule only accepts a packet, or spares it the rest of the chain. */
export const isLenient = ({ steps }: NetfilterRule): boolean => {
  let last: Step | null = null
  for (const step of steps) {
    if (step.kind === 'note') continue
    // Only the last step may act.
    if (last !== null && !isMatch(last)) return false
    last = step
  }
  return last?.kind === 'verdict' && (last.verdict.kind === 'accept' || last.verdict.kind === 'return')
}
