import type { Change } from './change.ts'

/**
 * All that is said of a change.
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
 * Gives a change its words at the moment they are read. A large plan has a hundred thousand changes: their texts take
 * far more room than their operations, and most callers read none of them. To its reader the change is plain data: its
 * words are properties of its own, which JSON, a spread and a comparison see.
 *
 * @param wordsOf - the words for an operation; asked again where they are read again, but for what an action says by
 * itself: nothing stood before what is added, nor stands after what is removed
 * @returns the same object, with its words
 * @example
 * const withItsWords = withWords(wordsOf)
 * withItsWords({ action: 'add', operation }).description
 * @public @since 0.1.0
 */
export const withWords = <Operation extends object>(
  wordsOf: (operation: Operation) => ChangeWords,
): (<Own extends Step & { readonly operation: Operation }>(step: Own) => Own & ChangeWords) => {
  // A reader asks for the words of one change after the other.
  let last: { readonly operation: Operation; readonly words: ChangeWords } | null = null
  const read = (operation: Operation): ChangeWords => {
    if (last?.operation !== operation) last = { operation, words: wordsOf(operation) }
    return last.words
  }
  const word = (name: keyof ChangeWords): PropertyDescriptor => ({
    enumerable: true,
    // The same function for all changes: an own one for each would take more room than the words.
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
    // One by one: `defineProperties` takes twice as long, which counts for ten thousand changes.
    Object.defineProperty(step, 'object', object)
    Object.defineProperty(step, 'description', description)
    // What takes no words is a plain value: to define a property takes fifty times as long.
    if (step.action === 'add') worded.before = null
    else Object.defineProperty(step, 'before', before)
    if (step.action === 'remove') worded.after = null
    else Object.defineProperty(step, 'after', after)
    Object.defineProperty(step, 'reverse', reverse)
    Object.defineProperty(step, inspection, inspected)
    return step as typeof step & ChangeWords
  }
}

/** Node prints a getter as `[Getter]`. */
function inspectPlainly(
  this: object,
  _depth: number,
  options: object,
  inspect: (value: object, options: object) => string,
): string {
  return inspect({ ...this }, options)
}
