import { describe, expect, test } from '@jest/globals'
import { blocksOf, commandsOf } from './markdown/blocks.ts'
import { fitted } from './markdown/compare.ts'

const fence = '```'

describe('the blocks of a page', () => {
  test('have their line, their kind and their text', () => {
    expect(blocksOf('a.md', `# A\n\n${fence}ts\nf()\n${fence}\n\n${fence}\nplain\n${fence}\n`)).toEqual([
      { page: 'a.md', line: 3, kind: 'ts', text: 'f()\n', mark: null },
      { page: 'a.md', line: 7, kind: '', text: 'plain\n', mark: null },
    ])
  })

  test.each([
    ['<!-- file: compose.yaml -->', { kind: 'file', name: 'compose.yaml' }],
    ['<!-- prints -->', { kind: 'prints' }],
    ['<!-- before\nconst a = 1\n-->', { kind: 'before', code: '\nconst a = 1\n' }],
    ['<!-- on a kernel -->', { kind: 'on-kernel', code: ' ' }],
    ['<!-- a remark -->', null],
  ])('are told by a comment before them what is done with them: %s', (comment, mark) => {
    const lines = comment.split('\n').length
    expect(blocksOf('a.md', `${comment}\n${fence}yaml\na: 1\n${fence}\n`)).toEqual([
      { page: 'a.md', line: lines + 1, kind: 'yaml', text: 'a: 1\n', mark },
    ])
  })

  test('in a list lose its indent', () => {
    expect(blocksOf('a.md', `- a\n\n  ${fence}json\n  {\n    "a": 1\n  }\n  ${fence}\n`)[0]?.text).toBe(
      '{\n  "a": 1\n}\n',
    )
  })
})

describe('a console block', () => {
  test('has commands, some of several lines, and what they print', () => {
    expect(commandsOf('$ one\na\n$ two \\\n>   three\n')).toEqual([
      { command: 'one', shown: 'a\n' },
      { command: 'two \\\n  three', shown: '' },
    ])
    expect(commandsOf('$ one\na\n> b\n')).toEqual([{ command: 'one', shown: 'a\n> b\n' }])
  })

  test('that begins with output is a mistake', () => {
    expect(() => commandsOf('a\n$ one\n')).toThrow('begins with output')
  })
})

describe('what is printed fits what is shown', () => {
  test.each([
    ['a\nb\n', 'a\nb\n'],
    ['', ''],
    ['a  \n\n', 'a\n'],
    ['took 12 ms (2)\n', 'took … ms (2)\n'],
    ['a\nb\nc\nd\n', 'a\n…\nd\n'],
    ['a\nd\n', 'a\n…\nd\n'],
  ])('%j fits %j', (printed, shown) => {
    expect(fitted(printed, shown)).toBe(shown)
  })

  test.each([
    ['a\n', 'b\n'],
    ['a\nb\n', 'a\n'],
    ['a\n', ''],
    ['', 'a\n'],
    ['a.c\n', 'abc\n'],
    ['abc\n', 'a.c\n'],
    ['a\nb\n', 'a…b\n'],
  ])('%j does not fit %j', (printed, shown) => {
    expect(fitted(printed, shown)).toBe(printed)
  })
})
