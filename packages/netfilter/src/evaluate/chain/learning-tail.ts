import type { ActionStep, Step } from '../../model/index.ts'
import { type Depends, dependsOn } from '../learn/learn-expression.ts'
import { learnLookup } from '../learn/learn-lookup.ts'
import { type Explain, explainMatches } from '../learn/learn-match.ts'
import { isMatch } from '../value/compile-match.ts'
import type { Compiler } from '../value/compiler.ts'
import { compileExpression } from '../value/read-expression.ts'
import { originOf } from '../value/read-origin.ts'
import { leadingMatches } from './leading-matches.ts'

/** For each step behind the leading matches: the test of a match, or the conditions of an action; null: none. */
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
