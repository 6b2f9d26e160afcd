import { describe, expect, test } from '@jest/globals'
import { InvalidRequestError } from '@portolan/netfilter'
import { commands } from '../../src/command/commands.ts'
import { commandHelp, generalHelp } from '../../src/command/help.ts'
import { parseWords, ranges, wholeNumber } from '../../src/command/options/options.ts'

describe('the words of a command line', () => {
  test.each<[readonly string[], ReturnType<typeof parseWords>]>([
    [[], { options: {}, positionals: [] }],
    [['plan'], { options: {}, positionals: ['plan'] }],
    [
      ['plan', '-f', 'a.yaml', '--file', 'b.yaml'],
      { options: { file: ['a.yaml', 'b.yaml'] }, positionals: ['plan'] },
    ],
    [['-f', '-', 'plan'], { options: { file: ['-'] }, positionals: ['plan'] }],
    [
      ['apply', '-y', '--force', '--fix'],
      { options: { yes: true, force: true, fix: true }, positionals: ['apply'] },
    ],
    [['destroy', '-p', 'shop'], { options: { project: 'shop' }, positionals: ['destroy'] }],
    [
      ['subnet', '--count=3', '--size', '24'],
      { options: { count: '3', size: '24' }, positionals: ['subnet'] },
    ],
    [
      ['subnet', '--pool', 'classic', '--pool', '10.0.0.0/8:24'],
      { options: { pool: ['classic', '10.0.0.0/8:24'] }, positionals: ['subnet'] },
    ],
    [['destroy', '-p', 'shop', '-p', 'shop'], { options: { project: 'shop' }, positionals: ['destroy'] }],
    [['parse', 'dump.txt'], { options: {}, positionals: ['parse', 'dump.txt'] }],
    [['parse', '--', '--odd-name'], { options: {}, positionals: ['parse', '--odd-name'] }],
    [['-hV'], { options: { help: true, version: true }, positionals: [] }],
  ])('%j', (words, expected) => {
    const { options, positionals } = parseWords(words)
    expect({ options: { ...options }, positionals }).toEqual(expected)
  })

  test.each<[readonly string[], RegExp]>([
    [['plan', '--nonsense'], /^Unknown option '--nonsense'\./],
    [['plan', '-x'], /^Unknown option '-x'\./],
    [['plan', '-f'], /^Option '-f, --file' needs a value/],
    [['plan', '--backend', '--json'], /^Option '--backend' needs a value/],
    [
      ['destroy', '-p', 'shop', '--project=blog'],
      /^Option '--project' is given twice, with "shop" and "blog": give it once\./,
    ],
    [['apply', '--state', '/a', '--state', ''], /^Option '--state' is given twice/],
    [['plan', '--json=yes'], /^Option '--json' does not take an argument\./],
  ])('%j is refused in a sentence, with where to look', (words, expected) => {
    expect(() => parseWords(words)).toThrow(InvalidRequestError)
    expect(() => parseWords(words)).toThrow(expected)
    expect(() => parseWords(words)).toThrow(/`portolan COMMAND --help` lists the options\.$/)
  })
})

describe('a whole number as an option', () => {
  const bounds = { from: 1, to: 128 }

  test.each<[string | undefined, number | null]>([
    [undefined, null],
    ['1', 1],
    ['128', 128],
    ['024', 24],
  ])('%j', (text, expected) => {
    expect(wholeNumber(text === undefined ? {} : { size: text }, 'size', bounds)).toBe(expected)
  })

  test.each(['', '0', '129', '-1', '1.5', '1e2', '0x10', ' 1', 'x', '١', '99999999999999999999'])(
    'is refused when it is %j, with its bounds',
    (text) => {
      expect(() => wholeNumber({ size: text }, 'size', bounds)).toThrow(
        `--size ${text}: expected a whole number from 1 to 128.`,
      )
    },
  )
})

describe('ranges as options', () => {
  test('are addresses and prefixes of both families, kept as written', () => {
    const options = { reserve: ['10.0.0.0/8', '192.0.2.1'], allow: ['2001:db8::/32', '::1'] }
    expect(ranges(options)).toEqual(options)
    expect(ranges({})).toEqual({})
  })

  test.each<[string, string]>([
    ['reserve', '10.0.0.0/33'],
    ['allow', 'eth0'],
    ['reserve', ''],
    ['allow', '10.0.0'],
  ])('of --%s that are none are refused: %j', (name, text) => {
    expect(() => ranges({ [name]: ['10.0.0.0/8', text] })).toThrow(
      `--${name} ${text}: expected an address or a prefix`,
    )
  })
})

describe('help', () => {
  test('names every command', () => {
    for (const { usage, summary } of Object.values(commands)) {
      expect(generalHelp()).toContain(`portolan ${usage}\n      ${summary}`)
    }
  })

  test.each(Object.entries(commands))('of %s lists each of its options', (_, command) => {
    const text = commandHelp(command)
    expect(text.split('\n')[0]).toBe(`portolan ${command.usage}`)
    for (const option of command.options) {
      // These four options share two lines.
      if (/^ip6?tables-(legacy-)?save$/.test(option)) expect(text).toContain('-save')
      else expect(text).toMatch(new RegExp(`--${option}\\b`))
    }
  })
})
