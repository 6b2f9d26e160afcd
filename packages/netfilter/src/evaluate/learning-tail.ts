import type { ActionStep, Step } from '../model/index.ts'
import { isMatch } from './compile-match.ts'
import type { Compiler } from './compiler.ts'
import { leadingMatches } from './leading-matches.ts'
import { type Depends, dependsOn } from './learn-expression.ts'
import { learnLookup } from './learn-lookup.ts'
import { type Explain, explainMatches } from './learn-match.ts'
import { compileExpression } from './read-expression.ts'
import { originOf } from './read-origin.ts'

/** Of each step behind the leading matches: the test of a match, or what an action hangs on. */
export type LearningTail = readonly ({ readonly explain: Explain } | { readonly depends: Depends } | null)[]

export const learningTail = (steps: readonly Step[], compiler: Compiler): LearningTail =>
  steps
    .slice(leadingMatches(steps).length)
    .filter(({ kind }) => kind !== 'note')
    .map((step) => {
      if (isMatch(step)) return { explain: explainMatches([step], compiler) }
      const depends = dependsOnAction(step, compiler)
      return depends === null ? null : { depends }
    })

const dependsOnAction = (action: ActionStep, compiler: Compiler): Depends | null => {
  switch (action.kind) {
    case 'dispatch': {
      const reads = action.key.map((one) => compileExpression(one, compiler))
      const origins = action.key.map(originOf)
      return (world) =>
        learnLookup(world, { readings: reads.map((read) => read(world)), origins }, action.table, true)
    }
    case 'nat': {
      const operands = [action.address, action.port].flatMap((operand) =>
        operand?.kind === 'expression' ? (dependsOn(operand.expression, compiler) ?? []) : [],
      )
      return operands.length === 0 ? null : (world) => operands.flatMap((depends) => depends(world))
    }
    case 'set':
      return dependsOn(action.value, compiler)
    default:
      return null
  }
}
