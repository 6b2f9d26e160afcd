import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { lower, parse, print, type Ruleset } from '@portolan/iptables'
import { type Family, ParseError } from '@portolan/netfilter'
import { countWork, growthOf } from '../growth/count-work.ts'
import { nodesOf, rulesetFiles } from './iptables-files.ts'

/** PORTOLAN_MUTATIONS=1000000 takes a minute or two. PORTOLAN_SEED draws other mutations. */
const count = Number(process.env.PORTOLAN_MUTATIONS ?? 20_000)

/** A pseudo-random generator (mulberry32), with the same numbers on every run. */
const dice = (seed: number): ((sides: number) => number) => {
  let state = seed
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides
  }
}

interface Seed {
  readonly family: Family
  readonly head: string
  readonly rule: string
}

const fixture = join(import.meta.dirname, '../../packages/iptables/test/fixtures/written-rules.txt')

const seedsOf = (): readonly Seed[] => {
  const seeds: Seed[] = []
  let place: Pick<Seed, 'family' | 'head'> = { family: 'ip', head: '' }
  for (const line of readFileSync(fixture, 'utf8').split('\n')) {
    const [, family, table = '', chain = ''] = /^\[(\S+) (\S+) (\S+)\]$/.exec(line) ?? []
    if (family === 'ip' || family === 'ip6') {
      place = { family, head: `*${table}\n:${chain} ACCEPT [0:0]\n:MINE - [0:0]\n-A ${chain} ` }
    } else if (line.includes(' =>')) seeds.push({ ...place, rule: line.slice(0, line.indexOf(' =>')) })
  }
  return seeds
}

const junk = [
  ...[
    '"',
    '\\',
    '!',
    '--',
    '-',
    '-m',
    '-j',
    '-p',
    '-s',
    ':',
    '/',
    ',',
    '=',
    '&&',
    '|',
    '\t',
    '\0',
    '\n',
    'é',
    '@',
  ],
  ...[
    '0x',
    '-1',
    '99999999999999999999',
    'constructor',
    '__proto__',
    '-g',
    '--next',
    '[1:2]',
    'COMMIT',
    '*nat',
  ],
]

const mutate = (text: string, words: readonly string[], roll: (sides: number) => number): string => {
  const at = roll(text.length + 1)
  const parts = text.split(' ')
  switch (roll(8)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1 + roll(5))
    case 1:
      return text.slice(0, at) + String.fromCharCode(roll(128)) + text.slice(at)
    case 2:
      return text.slice(0, at) + (junk[roll(junk.length)] ?? '') + text.slice(at)
    case 3:
      return parts.toSpliced(roll(parts.length + 1), 0, words[roll(words.length)] ?? '').join(' ')
    case 4:
      return parts.toSpliced(roll(parts.length), 1).join(' ')
    case 5:
      return parts.with(roll(parts.length), words[roll(words.length)] ?? '').join(' ')
    case 6:
      return parts.with(roll(parts.length), parts[roll(parts.length)] ?? '').join(' ')
    default:
      return text.slice(0, at + roll(20)) + text.slice(at)
  }
}

const tryParse = (text: string, family: Family): Ruleset | null => {
  try {
    return parse(text, 'mutated', family)
  } catch (error) {
    if (error instanceof ParseError && error.line >= 1 && error.column >= 1) return null
    throw new Error(`not a ParseError for ${JSON.stringify(text)}`, { cause: error })
  }
}

describe('the reader of iptables', () => {
  test(
    `survives ${count} mutated inputs, and reads its own print of what it understood as the same`,
    () => {
      const roll = dice(Number(process.env.PORTOLAN_SEED))
      const seeds = seedsOf()
      const words = seeds.flatMap(({ rule }) => rule.split(' '))
      let [read, understood, most] = [0, 0, 0]
      const draw = (): { readonly family: Family; readonly text: string } => {
        const { family, head, rule } = seeds[roll(seeds.length)] ?? { family: 'ip', head: '', rule: '' }
        let mutated = rule
        for (let times = roll(3); times >= 0; times -= 1) mutated = mutate(mutated, words, roll)
        const whole = `${head}${mutated}\nCOMMIT\n`
        return { family, text: roll(10) === 0 ? mutate(whole, words, roll) : whole }
      }
      const deal = ({ family, text }: ReturnType<typeof draw>): void => {
        const ruleset = tryParse(text, family)
        if (ruleset !== null) {
          read += 1
          const printed = print(ruleset, 'iptables-save')
          lower(ruleset)
          if (nodesOf(ruleset).opaque.length === 0) {
            understood += 1
            const again = tryParse(printed, family)
            if (again === null || print(again, 'iptables-save') !== printed) {
              throw new Error(`${JSON.stringify(text)} is printed as ${JSON.stringify(printed)}`)
            }
          }
        }
      }
      const batch = Math.ceil(count / 10)
      for (let index = 0; index < count; index += batch) {
        const drawn = Array.from({ length: Math.min(batch, count - index) }, draw)
        const work = countWork(() => drawn.forEach(deal))
        most = Math.max(most, work / drawn.map(({ text }) => text).join('').length)
      }
      console.log(`iptables: ${count} mutated inputs, ${read} read, ${understood} of them understood`)
      expect(read).toBeGreaterThan(count / 20)
      // The number of code blocks run for each character.
      expect(most).toBeLessThan(16)
    },
    Math.max(120_000, count),
  )

  test('survives mutated rulesets of others', () => {
    const roll = dice(Number(process.env.PORTOLAN_SEED))
    const texts = rulesetFiles().map((file) => readFileSync(file, 'utf8'))
    for (const text of texts) {
      for (let times = 0; times < 3; times += 1) {
        const ruleset = tryParse(mutate(text, ['-j', 'ACCEPT', '"'], roll), 'ip')
        if (ruleset !== null) lower(ruleset)
      }
    }
  })

  const long = (part: string, times: number): string => part.repeat(times)
  const lines: readonly (readonly [string, (size: number) => string])[] = [
    ['one word', (size) => `-A INPUT ${long('x', size)}`],
    ['words', (size) => `-A INPUT -j ACCEPT ${long('x ', size / 2)}`],
    ['bangs', (size) => `-A INPUT -j ACCEPT ${long('! ', size / 2)}x`],
    ['unknown options', (size) => `-A INPUT -p tcp${long(' -m tcp', 60)} ${long('--zz ', size / 5)}`],
    [
      'options of a policy',
      (size) => `-A INPUT -m policy --dir in --pol ipsec ${long('--next --dir in ', size / 16)}`,
    ],
    ['addresses', (size) => `-A INPUT -s ${long('10.0.0.1,', size / 9)}10.0.0.1 -j ACCEPT`],
    ['ports', (size) => `-A INPUT -p tcp -m multiport --dports ${long('1,', size / 2)}1`],
    ['quotes', (size) => `-A INPUT -m comment --comment ${long('"a" ', size / 4)}`],
    ['escapes', (size) => `-A INPUT -m comment --comment "${long('\\"', size / 2)}`],
    ['hex', (size) => `-A INPUT -m string --algo bm --hex-string "|${long('0a', size / 2)}|"`],
    ['a program', (size) => `-A INPUT -m u32 --u32 "${long('0=0&&', size / 5)}0=0"`],
    ['flushes', (size) => long('-F\n-A INPUT -j ACCEPT\n', size / 22)],
    ['inserts', (size) => long('-I INPUT -j ACCEPT\n', size / 19)],
    [
      'chains',
      (size) => Array.from({ length: size / 16 }, (_, at) => `:C${at} - [0:0]\n-X C${at}`).join('\n'),
    ],
  ]
  test.each(lines)('takes work in proportion to its length: %s', (_, make) => {
    const read = (size: number): void => {
      const ruleset = tryParse(`*filter\n:INPUT ACCEPT [0:0]\n${make(size)}\nCOMMIT\n`, 'ip')
      if (ruleset !== null) print(ruleset, 'iptables-save')
    }
    // For a text that is eight times as long, quadratic work would be sixty-four times as much.
    expect(growthOf(read, 50_000, 400_000)).toBeLessThan(12)
  })

  test('takes 10,000 rules in one go', () => {
    const rules = (count: number) =>
      Array.from({ length: count }, (_, at) => {
        const address = `172.17.${at >> 8}.${at & 255}`
        return [
          `-A PREROUTING ! -i docker0 -p tcp -m tcp --dport ${at + 1} -j DNAT --to-destination ${address}:80`,
          `-A PREROUTING -d ${address}/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT`,
          `-A PREROUTING -s ${address}/32 -p udp -m conntrack --ctstate NEW -m comment --comment "rule ${at}" -j LOG`,
        ][at % 3]
      })
    const textOf = (count: number): string =>
      `*nat\n:PREROUTING ACCEPT [0:0]\n${rules(count).join('\n')}\nCOMMIT\n`
    const text = textOf(10_000)
    expect(print(parse(text), 'iptables-save')).toBe(text)
    expect(growthOf((count) => parse(textOf(count)), 1250, 10_000)).toBeLessThan(12)
  })
})
