import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import { commands } from '../../src/command/commands.ts'
import { optionNames } from '../../src/command/options/option-table.ts'
import { parseWords } from '../../src/command/options/options.ts'
import type { Terminal } from '../../src/command/output/terminal.ts'
import { run } from '../../src/command/run.ts'
import { plainStyle } from '../../src/text/style.ts'

/** A terminal that records what is written to it. */
const recorder = () => {
  const printed: string[] = []
  const said: string[] = []
  const terminal: Terminal = {
    interactive: false,
    columns: 80,
    during: (_what, work) => work(),
    print: (text) => void printed.push(text),
    pass: (text) => void printed.push(text),
    say: (text) => void said.push(text),
    sayLines: (text) => void said.push(text),
    ask: async () => false,
    style: plainStyle,
    screen: () => null,
  }
  return { terminal, printed, said }
}

/** The option as a word of a command line, with a value where it takes one. */
const written = (option: string): readonly string[] => {
  try {
    parseWords([`--${option}`])
    return [`--${option}`]
  } catch {
    return [`--${option}=x`]
  }
}

const names = Object.keys(commands)

describe.each(names)('%s', (name) => {
  const command = commands[name]
  const words = [name, ...Array.from({ length: command?.positionals ?? 0 }, () => 'word')]
  const unused = optionNames.filter(
    // With --json the error is JSON, which the test below covers.
    (option) => option !== 'version' && option !== 'json' && command?.options.includes(option) === false,
  )

  test.each(unused)('refuses --%s, which it does not use, in words and as JSON', async (option) => {
    const { terminal, printed, said } = recorder()
    expect(await run([...words, ...written(option)], terminal)).toBe(1)
    expect(printed).toEqual([])
    expect(said).toEqual([
      expect.stringMatching(
        `^portolan: .portolan ${name}. has no option --${option}\\.( Did you mean --.*\\?)? Usage: portolan ${name}`,
      ),
    ])
    const json = recorder()
    expect(await run([...words, ...written(option), '--json'], json.terminal)).toBe(1)
    expect(json.said).toEqual([])
    expect(fromJson(json.printed.join(''))).toMatchObject({
      error: { code: 'INVALID_REQUEST', message: expect.stringContaining(`no option --${option}`) },
    })
  })

  const pairs = Object.entries(command?.needs ?? {})
  if (pairs.length > 0)
    test.each(pairs)('refuses --%s without --%s, which it says nothing without', async (option, needed) => {
      const { terminal, printed, said } = recorder()
      expect(await run([...words, ...written(option)], terminal)).toBe(1)
      expect(printed).toEqual([])
      expect(said).toEqual([
        `portolan: \`portolan ${name}\` has no use for --${option} without --${needed}. Give both, or neither.`,
      ])
    })
})

test('every command leaves some option unused, so that each of these tests has something to refuse', () => {
  for (const name of names) expect(commands[name]?.options.length).toBeLessThan(optionNames.length - 1)
})

describe('help', () => {
  test('of a command is its own, as --help shows it', async () => {
    const [one, other] = [recorder(), recorder()]
    expect(await run(['help', 'destroy'], one.terminal)).toBe(0)
    await run(['destroy', '--help'], other.terminal)
    expect(one.printed).toEqual(other.printed)
  })

  test.each([
    [['help', 'frobnicate'], /no command "frobnicate"/],
    [['help', 'plan', 'apply'], /"apply" is one word too many/],
    [['help', '--backend', 'x'], /`portolan help` has no option --backend/],
  ])('%j is an error', async (line, message) => {
    const { terminal, printed, said } = recorder()
    expect(await run(line, terminal)).toBe(1)
    expect(printed).toEqual([])
    expect(said.join()).toMatch(message)
  })
})
