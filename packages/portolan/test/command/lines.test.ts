import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { linesOf, tooLong } from '../../src/command/output/lines.ts'

const read = async (chunks: readonly string[], longest?: number): Promise<readonly unknown[]> => {
  const stream = async function* (): AsyncGenerator<string> {
    yield* chunks
  }
  const lines: unknown[] = []
  for await (const batch of linesOf(stream(), longest)) lines.push(...batch)
  return lines
}

describe('the lines of a stream', () => {
  test('are the same however the stream is cut, and each that is too long is marked in its place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.stringMatching(/^[ab\n]{0,8}$/)), fc.nat(5), async (chunks, longest) => {
        const whole = chunks.join('').split('\n')
        if (whole.at(-1) === '') whole.pop()
        const expected = whole.map((line) => (line.length > longest ? tooLong : line))
        expect(await read(chunks, longest)).toEqual(expected)
      }),
    )
  })

  test('that are too long are not kept while they come in', async () => {
    const chunks = Array.from({ length: 10_000 }, () => 'x'.repeat(65_536))
    expect(await read([...chunks, '\nnext'], 100)).toEqual([tooLong, 'next'])
  })
})
