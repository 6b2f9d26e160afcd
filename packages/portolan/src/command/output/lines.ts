/** Stands for a line that is too long to be read. */
export const tooLong: unique symbol = Symbol('a line too long')

/**
 * Splits a stream of text into lines without their ends, chunk by chunk. Nothing is kept of a line that is longer than
 * `longest`, however long it gets.
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
    // There is a batch for each chunk. A promise for each line would cost more than the work on the line.
    yield [rest, ...more.map(bounded)]
    rest = bounded(last)
  }
  if (rest !== '') yield [rest]
}
