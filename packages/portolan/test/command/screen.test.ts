import { afterEach, expect, test } from '@jest/globals'
import { visibleText } from '@portolan/netfilter'
import { openScreen, type Screen } from '../../src/command/output/screen.ts'

let screen: Screen | null = null
afterEach(() => screen?.close())

/** A terminal with so many rows, and the texts written to it. */
const open = (rows: number): { readonly shown: Screen; readonly written: string[] } => {
  const written: string[] = []
  screen = openScreen({ rows, write: (text) => written.push(text) }, visibleText)
  return { shown: screen, written }
}

test('a text takes the place of the one before, line by line', () => {
  const { shown, written } = open(24)
  shown.show(['one', 'two'])
  expect(written.at(-1)).toBe('\u001b[Hone\u001b[K\ntwo\u001b[K\n\u001b[J')
})

test('what does not fit is cut, and counted', () => {
  const { shown, written } = open(4)
  shown.show(['1', '2', '3', '4', '5'])
  expect(written.at(-1)?.split('\u001b[K\n').slice(0, 3)).toEqual([
    '\u001b[H1',
    '2',
    'and 3 more lines: use a higher terminal.',
  ])
})

test('names of others cannot act on the terminal', () => {
  const { shown, written } = open(24)
  shown.show(['a\u001b[2Jb'])
  expect(written.at(-1)).toContain('a\\x1b[2Jb')
})

test('a request to end is told, and lines wrap again afterwards', () => {
  const { shown, written } = open(24)
  expect(shown.left.aborted).toBe(false)
  process.emit('SIGTERM')
  expect(shown.left.aborted).toBe(true)
  shown.close()
  expect(written.at(-1)).toBe('\u001b[?7h')
})
