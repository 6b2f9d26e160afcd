import { expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import fc from 'fast-check'
import { noRules } from 'portolan'
import { carriedOut } from '../../../packages/portolan/src/plan/carried-out.ts'
import { hostFacts, look, type Seen } from './look.ts'
import { filter, mangle, nat } from './saved.ts'

/** A chain, and the rule before which the remedy must be inserted. */
interface Place {
  readonly table: string
  readonly chain: string
  readonly save: (...rules: readonly string[]) => string
  readonly culprit: string
}

const places: readonly Place[] = [
  {
    ...{ table: 'mangle', chain: 'PREROUTING', save: mangle },
    culprit: '-A PREROUTING -p tcp -m tcp --dport 8080 -j DROP',
  },
  {
    ...{ table: 'mangle', chain: 'FORWARD', save: mangle },
    culprit: '-A FORWARD -d 172.30.1.10/32 -j DROP',
  },
  {
    ...{ table: 'filter', chain: 'FORWARD', save: filter },
    culprit: '-A FORWARD -d 172.30.1.10/32 -j DROP',
  },
  {
    ...{ table: 'nat', chain: 'PREROUTING', save: nat },
    culprit: '-A PREROUTING -d 172.30.1.0/24 -i pt-web -p tcp -j DNAT --to-destination 203.0.113.9',
  },
  {
    ...{ table: 'nat', chain: 'OUTPUT', save: nat },
    culprit: '-A OUTPUT -d 172.30.1.0/24 -p tcp -j DNAT --to-destination 203.0.113.9',
  },
]

const scenes = fc.record({
  place: fc.constantFrom(...places),
  ahead: fc.integer({ min: 0, max: 3 }),
  behind: fc.integer({ min: 0, max: 2 }),
  /** `new`: the project is not applied. A number: so many foreign rules came before Portolan's jump after the apply. */
  state: fc.constantFrom<'new' | 'applied' | number>('new', 'applied', 1, 2, 3),
})

const others = (chain: string, count: number, from: number): readonly string[] =>
  Array.from(
    { length: count },
    (_, at) => `-A ${chain} -s 203.0.113.${from + at}/32 -j MARK --set-xmark 0x1/0x1`,
  )

/** Bridged packets meet the rules, so the search also covers packets within a network. */
const bridged = {
  ...hostFacts,
  sysctls: { ...hostFacts.sysctls, 'net.bridge.bridge-nf-call-iptables': '1' },
}

const seen = (saved: string): Promise<Seen> => look({ saved, backend: 'iptables-nft', facts: bridged })

/** The host after a plan was applied. */
const applied = (saved: string, { plan }: Seen): string => {
  const rules = { ...noRules, 'iptables-nft': iptables.parse(saved) }
  return iptables.print(carriedOut(rules, plan.changes)['iptables-nft'], 'iptables-save')
}

const section = (saved: string, { table }: Place): readonly [start: number, lines: readonly string[]] => {
  const lines = saved.split('\n')
  const start = lines.indexOf(`*${table}`)
  return [start, lines.slice(start, lines.indexOf('COMMIT', start))]
}

const rulesOf = (saved: string, place: Place): readonly string[] =>
  section(saved, place)[1].filter((line) => line.startsWith(`-A ${place.chain} `))

const withRules = (saved: string, place: Place, rules: readonly string[]): string => {
  const [start, lines] = section(saved, place)
  const kept = lines.filter((line) => !line.startsWith(`-A ${place.chain} `))
  const all = saved.split('\n')
  return [...all.slice(0, start), ...kept, ...rules, ...all.slice(start + lines.length)].join('\n')
}

/** The effect of such iptables commands on the rules. */
const run = (saved: string, place: Place, commands: readonly string[]): string => {
  const rules = [...rulesOf(saved, place)]
  for (const command of commands) {
    const [, number, rest] =
      new RegExp(`-t ${place.table} -I ${place.chain} (\\d+) (.*)$`).exec(command) ?? []
    expect(Number(number)).toBeLessThanOrEqual(rules.length + 1)
    rules.splice(Number(number) - 1, 0, `-A ${place.chain} ${rest}`)
  }
  return withRules(saved, place, rules)
}

const isJump = (rule: string): boolean => rule.includes('PORTOLAN')

/**
 * Checks that the remedy's rules are directly before the culprit, and after a jump of Portolan's that must be first.
 */
const expectPlaced = (saved: string, place: Place, count: number): void => {
  const rules = rulesOf(saved, place)
  const at = rules.indexOf(place.culprit)
  expect(rules.slice(at - count, at).every((rule) => rule.endsWith('-j ACCEPT'))).toBe(true)
  // No port is restricted to some sources, so Portolan has no jump in mangle PREROUTING.
  const hasJump = `${place.table} ${place.chain}` !== 'mangle PREROUTING'
  if (place.table !== 'filter') expect(isJump(rules[0] ?? '')).toBe(hasJump)
}

const remedyIn = ({ conflicts }: Seen, { culprit }: Place): Seen['conflicts'][number]['remedy'] =>
  conflicts.find((one) => one.culprit?.text === culprit && one.remedy.commands.length > 0)?.remedy ?? {
    text: '',
    commands: [],
  }

test('a remedy that counts rules is right before the project is applied, and after it or says that it is not', async () => {
  await fc.assert(
    fc.asyncProperty(scenes, async ({ place, ahead, behind, state }) => {
      const foreign = [...others(place.chain, ahead, 20), place.culprit, ...others(place.chain, behind, 40)]
      const plain = place.save(...foreign)
      const made = state === 'new' ? plain : applied(plain, await seen(plain))
      const jumps = rulesOf(made, place).filter(isJump)
      const saved =
        typeof state === 'number'
          ? withRules(made, place, [...foreign.slice(0, state), ...jumps, ...foreign.slice(state)])
          : made
      const found = await seen(saved)
      const { text, commands } = remedyIn(found, place)
      // A jump that accepts packets ahead of the culprit does not hide it: apply moves the jump behind it.
      expect(commands.length).toBeGreaterThan(0)
      const mended = run(saved, place, commands)
      expectPlaced(applied(mended, await seen(mended)), place, commands.length)

      const late = applied(saved, found)
      const lateCommands = text.includes('Run this before "portolan apply"')
        ? remedyIn(await seen(late), place).commands
        : commands
      expect(lateCommands).toHaveLength(commands.length)
      expectPlaced(run(late, place, lateCommands), place, commands.length)
    }),
    { numRuns: 15 },
  )
}, 120_000)
