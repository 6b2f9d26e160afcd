import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { displayWidth } from '../../src/text/display-width.ts'
import { alignColumns, tableLines } from '../../src/text/text-table.ts'
import { wrapCommand } from '../../src/text/wrap-command.ts'
import { wrapLine } from '../../src/text/wrap-line.ts'

describe('the width of a text', () => {
  test.each([
    ['plain', 5],
    ['', 0],
    ['naïve', 5],
    ['cafe\u0301', 4],
    ['網路', 4],
    ['\u001b[31mred\u001b[0m', 3],
  ])('in cells of a terminal: %j takes %d', (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })

  test('aligns columns beside wide and combining characters', () => {
    expect(
      alignColumns([
        ['網路', 'x'],
        ['cafe\u0301', 'x'],
        ['a', 'x'],
      ]),
    ).toEqual(['網路  x', 'cafe\u0301  x', 'a     x'])
  })
})

describe('a line that is too long', () => {
  test('goes on under its first word, with the sign of a diff before it', () => {
    expect(wrapLine('    + add rule inet portolan forward drop', 24, 8)).toEqual([
      '    + add rule inet',
      '        portolan forward',
      '        drop',
    ])
  })

  test('is not broken where it has no end', () => {
    expect(wrapLine('one two', Number.POSITIVE_INFINITY, 2)).toEqual(['one two'])
  })

  test('keeps a word whole that is longer than the terminal is wide', () => {
    expect(wrapLine('  a 0123456789abcdef b', 10, 4)).toEqual(['  a', '    0123456789abcdef', '    b'])
  })

  test('leaves half of a narrow terminal for words', () => {
    expect(wrapLine('one two three', 8, 20)).toEqual(['one two', '    three'])
  })

  test('holds all its words in their order, in lines that fit unless they are one word', () => {
    const words = fc.array(fc.stringMatching(/^[a-z網é]{1,12}$/), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(words, fc.integer({ min: 10, max: 60 }), fc.nat(12), (all, columns, hang) => {
        const lines = wrapLine(`  ${all.join(' ')}`, columns, hang)
        expect(lines.flatMap((line) => line.trim().split(/ +/))).toEqual(all)
        for (const line of lines)
          expect(displayWidth(line) <= columns || !line.trim().includes(' ')).toBe(true)
      }),
    )
  })
})

test('a row that is too long ends between two cells, and within one where it has to', () => {
  const rows = [
    ['web', '172.17.0.0/16', 'gateway 172.17.42.1'],
    ['data', '10.0.0.0/16', 'no gateway'],
  ]
  expect(tableLines(rows, 30)).toEqual([
    ['  web   172.17.0.0/16', '      gateway 172.17.42.1'],
    ['  data  10.0.0.0/16', '      no gateway'],
  ])
  expect(tableLines([['a', 'from one two three four five']], 20)).toEqual([
    ['  a', '      from one two', '        three four', '        five'],
  ])
})

describe('a command that is too long', () => {
  test('is one line where it fits', () => {
    expect(wrapCommand("echo 'a b'", 20, 4)).toEqual(["    echo 'a b'"])
  })

  test('means the same to a shell once it is copied', () => {
    const word = fc.oneof(
      fc.stringMatching(/^[a-z0-9./-]{1,12}$/),
      fc.stringMatching(/^[a-z ]{1,12}$/).map((text) => `'${text}'`),
      fc.stringMatching(/^[a-z ]{1,12}$/).map((text) => `"${text}"`),
      fc.constantFrom("''\\''x'", "it\\'s", '\\ x'),
    )
    const cases = fc.sample(
      fc.tuple(fc.array(word, { minLength: 1, maxLength: 12 }), fc.integer({ min: 10, max: 50 })),
      60,
    )
    const shown = (command: string): string => `printf '<%s>' ${command}\necho`
    const answers = (commands: readonly string[]): string =>
      execFileSync('sh', { input: commands.map(shown).join('\n'), encoding: 'utf8' })
    const plain = cases.map(([words]) => words.join(' '))
    const wrapped = cases.map(([words, columns]) => wrapCommand(words.join(' '), columns, 4).join('\n'))
    expect(wrapped.some((text) => text.includes('\n'))).toBe(true)
    expect(answers(wrapped)).toBe(answers(plain))
  })
})
