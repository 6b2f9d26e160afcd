import type { Change, Conflict } from '@portolan/core'
import type { Fix } from '@portolan/host'

/**
 * A remedy carried out in the way that another program documents, or taken back.
 * @public @since 0.1.0
 */
export interface FixChange extends Change {
  readonly operation: FixOperation
}

/** @public @since 0.1.0 */
export interface FixOperation {
  readonly project: string
  /** The commands to run, in order, each in its words. */
  readonly commands: readonly (readonly string[])[]
  /** Those that take them back; null: this is the taking back. */
  readonly undo: readonly (readonly string[])[] | null
}

const line = (words: readonly string[]): string => words.join(' ')

const text = (commands: readonly (readonly string[])[]): string => commands.map(line).join('\n')

/**
 * The changes that mend conflicts by documented hooks, and the conflicts as they are then: those do not block.
 * @internal
 */
export const fixConflicts = (
  project: string,
  conflicts: readonly Conflict[],
): { readonly changes: readonly FixChange[]; readonly conflicts: readonly Conflict[] } => {
  const changes = new Map<string, FixChange>()
  const mended = conflicts.map((conflict): Conflict => {
    const { hook } = conflict.remedy
    // A ban of a few is meant, as a rule; what keeps everybody out is not.
    if (hook === undefined || conflict.certainty !== 'certain' || !isWhole(conflict)) return conflict
    const key = text(hook.commands)
    if (!changes.has(key))
      changes.set(key, {
        action: 'add',
        object: hook.name,
        description: `Let ${conflict.mapping ?? `network ${conflict.network}`} pass by way of ${hook.name}, for ${conflict.kind}.`,
        before: null,
        after: key,
        reverse: text(hook.undo),
        operation: { project, commands: hook.commands, undo: hook.undo },
      })
    return {
      ...conflict,
      severity: 'info',
      message: `${conflict.message} This plan mends it by way of ${hook.name}.`,
    }
  })
  return { changes: [...changes.values()], conflicts: mended }
}

const isWhole = ({ severity, kind }: Conflict): boolean =>
  severity === 'error' || kind === 'EgressDropped' || kind === 'NetworkDropped'

/**
 * The taking back of what was mended.
 * @internal
 */
export const undoFix = ({ project, words, undo }: Fix): FixChange => ({
  action: 'remove',
  object: words[0] ?? '',
  description: `Take back "${line(words)}".`,
  before: line(words),
  after: null,
  reverse: line(words),
  operation: { project, commands: undo, undo: null },
})
