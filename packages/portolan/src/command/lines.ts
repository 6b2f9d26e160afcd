/** Lines of a stream of text, without their ends, as chunk after chunk comes in. */
export const linesOf = async function* (
  chunks: AsyncIterable<string>,
): AsyncGenerator<readonly string[], void, undefined> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    // A batch a chunk: a promise a line would cost more than the work on it.
    if (lines.length > 0) yield lines
  }
  if (rest !== '') yield [rest]
}
