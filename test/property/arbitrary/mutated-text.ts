import fc from 'fast-check'

/** Pieces that have a meaning for some reader: brackets, quotes, anchors, variables, ranges, control characters. */
const pieces = [
  ...'[]{}()"\'\\$&*!|>%@#:,-?/=<+~^;.0 a\n\t\r\0\u{feff}\u{1f600}é',
  '${',
  '${A:-',
  '$A',
  '&a ',
  '*a',
  '<<: ',
  '!reset ',
  '- ',
  '? ',
  '---\n',
  '1-65535',
  '4294967296',
  '18446744073709551616',
  '-1',
  '1e999',
  'null',
  'true',
  '__proto__',
  'constructor',
  '::',
  '0.0.0.0/0',
  '*filter\n',
  'COMMIT\n',
  '-A FORWARD ',
  '-j ',
  '! ',
  '-m comment --comment "',
  '"\\u0000"',
  '{"a":',
  '[[',
  '<a>',
  '<![CDATA[',
  '[Network]\n',
]

interface Edit {
  readonly at: number
  readonly length: number
  readonly piece: string
  readonly times: number
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(10_000),
  length: fc.oneof(fc.constant(0), fc.nat(40)),
  piece: fc.oneof(fc.constantFrom(...pieces), fc.constantFrom('', 'copy')),
  // Mostly once. Sometimes so often that a reader with recursion or backtracking would fail.
  times: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(4000) }),
})

const applied = (text: string, { at, length, piece, times }: Edit): string => {
  const from = text.length === 0 ? 0 : at % (text.length + 1)
  const removed = text.slice(from, from + length)
  const put = piece === 'copy' ? removed.repeat(Math.min(times + 1, 200)) : piece.repeat(times)
  return `${text.slice(0, from)}${put}${text.slice(from + length)}`
}

/** One of the texts, with pieces inserted, repeated, removed or copied. It has at most some 100,000 characters. */
export const mutatedText = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 6 }))
    .map(([text, edits]) => edits.reduce(applied, text).slice(0, 100_000))
