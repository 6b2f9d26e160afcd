// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose look like this.
import { describe, expect, test } from '@jest/globals'
import { parseDotenv } from '@portolan/core'
import { ParseError, PortolanError } from '@portolan/netfilter'
import fc from 'fast-check'

test('a line whose name no variable has is told of and passed over, when that is asked for', () => {
  const told: unknown[] = []
  const text = 'A=1\na-b=2\n1c=3\n---\n[section]\nB=4\n'
  const variables = parseDotenv(text, { onOddName: (name, { line }) => told.push([name, line]) })
  expect(variables).toEqual({ A: '1', B: '4' })
  expect(told).toEqual([
    ['a-b', 2],
    ['1c', 3],
    ['---', 4],
    ['[section]', 5],
  ])
  expect(() => parseDotenv(text)).toThrow(ParseError)
  expect(() => parseDotenv('just words', { onOddName: () => {} })).toThrow(ParseError)
})

describe('a .env file', () => {
  test.each<[string, string, Record<string, string>]>([
    ['a value', 'A=1', { A: '1' }],
    ['spaces around the sign', 'A = 1 ', { A: '1' }],
    ['export', 'export A=1', { A: '1' }],
    ['a colon', 'A: 1', { A: '1' }],
    ['an empty value', 'A=\nB=2', { A: '', B: '2' }],
    ['comments and blank lines', '# one\n\n  # two\nA=1', { A: '1' }],
    ['a comment after a value', 'A=1 # one', { A: '1' }],
    ['a # inside a value', 'A=b#c', { A: 'b#c' }],
    ['single quotes, verbatim', "A='$B \\n # x'", { A: '$B \\n # x' }],
    ['double quotes, with escapes', 'A="a\\nb \\"c\\""', { A: 'a\nb "c"' }],
    ['a quoted value over two lines', 'A="one\ntwo"\nB=3', { A: 'one\ntwo', B: '3' }],
    ['a comment after a quoted value', 'A="1" # one', { A: '1' }],
    ['a variable set above', 'A=1\nB=${A}2', { A: '1', B: '12' }],
    ['a default', 'B=${NONE:-8080}', { B: '8080' }],
    ['a dollar that starts no variable', 'PASSWORD=pa$ss$', { PASSWORD: 'pa$ss$' }],
    ['the last of two', 'A=1\nA=2', { A: '2' }],
    ['Windows line ends', 'A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['a byte order mark', '\u{feff}A=1', { A: '1' }],
  ])('reads %s', (_, text, expected) => {
    expect(parseDotenv(text)).toEqual(expected)
  })

  test('the environment wins where the file refers to a variable, and gives a bare name its value', () => {
    expect(parseDotenv('A=file\nB=${A}\nC\nD', { environment: { A: 'env', C: 'c' } })).toEqual({
      A: 'file',
      B: 'env',
      C: 'c',
    })
  })

  test.each([
    ['a line that sets nothing', 'A=1\n!?\n', 2, 1],
    ['a name with a dash', 'A-B=1', 1, 2],
    ['a quote never closed', 'A=1\nB="x', 2, 3],
    ['words after a quote', 'A="1" 2', 1, 6],
  ])('%s is an error with its place', (_, text, line, column) => {
    expect.assertions(2)
    try {
      parseDotenv(text, { source: 'my.env' })
    } catch (error) {
      expect(error).toBeInstanceOf(ParseError)
      expect(error).toMatchObject({ source: 'my.env', line, column })
    }
  })

  test('no text makes it fail in any other way than with an error of ours', () => {
    const noise = fc.string({ unit: fc.constantFrom(...'AB=: "\'\\#$\n{}-') })
    fc.assert(
      fc.property(fc.oneof(noise, fc.string()), (text) => {
        try {
          parseDotenv(text)
        } catch (error) {
          expect(error).toBeInstanceOf(PortolanError)
        }
      }),
    )
  })

  const doubling = (levels: number): string =>
    `A0=${'a'.repeat(10)}\n${Array.from({ length: levels }, (_, at) => `A${at + 1}=\${A${at}}\${A${at}}\n`).join('')}`

  test.each([
    [
      'thirty lines that each name the one above twice',
      doubling(30),
      /^\.env:15:5: A14: variables unfold to more than 131072/,
    ],
    [
      'the same in double quotes',
      doubling(30).replaceAll(/=(.*)$/gm, '="$1"'),
      /^\.env:15:5: A14: variables unfold/,
    ],
    [
      'one long value named by many lines',
      `A=${'a'.repeat(131_072)}\n${'B=$A\n'.repeat(1000)}`,
      /^\.env:\d+:3: B: .* more than 16 MiB/,
    ],
    [
      'one long value named many times by one line',
      `A=${'a'.repeat(131_072)}\nB=${'$A'.repeat(400_000)}`,
      /^\.env:2:3: B: variables unfold/,
    ],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseDotenv(text)).toThrow(message)
  })

  test('reads a value as long as the kernel takes one', () => {
    expect(parseDotenv(doubling(13)).A13).toHaveLength(81_920)
  })
})
