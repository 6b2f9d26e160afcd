import type { Change } from './change.ts'

/**
 * The words of a change.
 * @public @since 0.1.0
 */
export type ChangeWords = Omit<Change, 'action'>

/** A change without its words. */
interface Step {
  readonly action: Change['action']
  readonly operation: object
}

const inspection = Symbol.for('nodejs.util.inspect.custom')

/**
 * Gives a change its words only when they are read. A large plan has a hundred thousand changes. Their texts take far
 * more memory than their operations, and most callers read none of them. For its reader the change is plain data: its
 * words are own properties, which JSON, a spread and a comparison see.
 *
 * @param wordsOf - makes the words of an operation, at each reading. It is not called for `before` of an added object,
 * nor for `after` of a removed one: both are null
 * @returns the same object, with its words
 * @example
 * const withItsWords = withWords(wordsOf)
 * withItsWords({ action: 'add', operation }).description
 * @public @since 0.1.0
 */
export const withWords = <Operation extends object>(
  wordsOf: (operation: Operation) => ChangeWords,
): (<Own extends Step & { readonly operation: Operation }>(step: Own) => Own & ChangeWords) => {
  // A reader usually reads all words of one change before those of the next.
  let last: { readonly operation: Operation; readonly words: ChangeWords } | null = null
  const read = (operation: Operation): ChangeWords => {
    if (last?.operation !== operation) last = { operation, words: wordsOf(operation) }
    return last.words
  }
  const word = (name: keyof ChangeWords): PropertyDescriptor => ({
    enumerable: true,
    // One getter serves all changes: a getter for each change would take more memory than the words.
    get(this: { readonly operation: Operation }) {
      return read(this.operation)[name]
    },
  })
  const object = word('object')
  const description = word('description')
  const before = word('before')
  const after = word('after')
  const reverse = word('reverse')
  const inspected: PropertyDescriptor = { get: () => inspectPlainly }
  return (step) => {
    const worded: Step & { before?: null; after?: null } = step
    // Properties are defined one by one: `defineProperties` takes twice as long, which matters for ten thousand
    // changes.
    Object.defineProperty(step, 'object', object)
    Object.defineProperty(step, 'description', description)
    // A null is a plain value: defining a property takes fifty times as long.
    if (step.action === 'add') worded.before = null
    else Object.defineProperty(step, 'before', before)
    if (step.action === 'remove') worded.after = null
    else Object.defineProperty(step, 'after', after)
    Object.defineProperty(step, 'reverse', reverse)
    Object.defineProperty(step, inspection, inspected)
    return step as typeof step & ChangeWords
  }
}

/** Prints the words to Node's inspect, which would print a getter as `[Getter]`. */
function inspectPlainly(
  this: object,
  _depth: number,
  options: object,
  inspect: (value: object, options: object) => string,
): string {
  return inspect({ ...this }, options)
}
