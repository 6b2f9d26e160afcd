import { shellLine } from '@portolan/netfilter'
import { fixCommands } from '../fix-change.ts'
import type { PlanChange } from '../plan.ts'

/**
 * A line of a diff: `-` is removed, `+` is added, `~` is changed.
 * @internal
 */
export interface DiffLine {
  readonly mark: '+' | '-' | '~'
  readonly text: string
}

/** @internal */
export const markOf = { add: '+', change: '~', remove: '-' } as const

/**
 * The colour of a mark.
 * @internal
 */
export const colourOf = { '+': 'green', '-': 'red', '~': 'yellow' } as const

/**
 * A change as lines of a diff.
 * @internal
 */
export const diffLines = (planned: PlanChange): readonly DiffLine[] => {
  const { action, before, after, description } = planned
  // The commands for another program do not say which mapping they are for, so the description is shown too.
  if (planned.part === 'fix') {
    const { undo, commands } = fixCommands(planned.operation)
    const lines = [...undo, ...commands].map((words) => `  ${shellLine(words)}`)
    return [description, ...lines].map((text) => ({ mark: markOf[action], text }))
  }
  if (action === 'change' && before !== null && after !== null)
    return [...written(markOf.remove, before), ...written(markOf.add, after)]
  if (action === 'remove') return written(markOf.remove, shortened(before ?? description).join('\n'))
  return written(markOf[action], after ?? before ?? description)
}

const written = (mark: DiffLine['mark'], text: string): readonly DiffLine[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ mark, text: line }))

/** Shortens the text of a whole table, whose contents are of no use once the table goes. */
const shortened = (text: string): readonly string[] => {
  const [first = '', ...more] = text.trim().split('\n')
  return more.length > 0 && first.endsWith('{') ? [`${first} ... }`] : [first, ...more]
}
