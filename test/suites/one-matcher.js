/**
 * Makes `expect` cheaper. jest makes each matcher in six forms for each value, some 200 functions. Here it makes only
 * the forms of the requested matcher, because meanwhile it knows no other.
 */

/** jest keeps its matchers under this symbol. */
const kept = Symbol.for('$$jest-matchers-object')

const tables = new Map()

/** A table with one matcher only. */
const tableOf = (matchers, name) => {
  const before = tables.get(name)
  if (before !== undefined && before[name] === matchers[name]) return before
  const table = { [name]: matchers[name] }
  tables.set(name, table)
  return table
}

/**
 * The result of jest's `expect`, with one matcher.
 * @param isLater - true: the assertion is about a promise. Then the error needs the trace of this line, which a
 *   direct assertion gets by itself
 */
const expectation = (value, name, isLater) => {
  const store = globalThis[kept]
  const { matchers } = store
  if (!Object.hasOwn(matchers, name)) return
  const { stackTraceLimit } = Error
  store.matchers = tableOf(matchers, name)
  if (!isLater) Error.stackTraceLimit = 0
  try {
    return globalThis.expect(value)
  } finally {
    store.matchers = matchers
    Error.stackTraceLimit = stackTraceLimit
  }
}

const forms = new Set(['not', 'resolves', 'rejects'])

const asked = {
  get: ({ value, form }, name) => {
    if (forms.has(name)) return new Proxy({ value, form: [...form, name] }, asked)
    const isLater = form.length > 0 && form[0] !== 'not'
    return form.reduce((made, word) => made?.[word], expectation(value, name, isLater))?.[name]
  },
}

/** Replaces jest's `expect`. */
export const expectOne = (...words) =>
  words.length === 1 ? new Proxy({ value: words[0], form: [] }, asked) : globalThis.expect(...words)
