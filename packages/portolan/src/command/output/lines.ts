/** A line that was longer than is read: where its text would be. */
export const tooLong: unique symbol = Symbol('a line too long')

/**
 * Lines of a stream of text, without their ends, as chunk after chunk comes in. Of a line that is longer than `longest`
 * nothing is kept, however long it gets.
 *
 * @param longest - in UTF-16 units
 */
export const linesOf = async function* (
  chunks: AsyncIterable<string>,
  longest: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly (string | typeof tooLong)[], void, undefined> {
  const bounded = (line: string): string | typeof tooLong => (line.length > longest ? tooLong : line)
  let rest: string | typeof tooLong = ''
  for await (const chunk of chunks) {
    const [first = '', ...more] = chunk.split('\n')
    rest = rest === tooLong ? tooLong : bounded(`${rest}${first}`)
    const last = more.pop()
    if (last === undefined) continue
    // A batch a chunk: a promise a line would cost more than the work on it.
    yield [rest, ...more.map(bounded)]
    rest = bounded(last)
  }
  if (rest !== '') yield [rest]
}
