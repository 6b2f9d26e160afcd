import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  between,
  compare,
  evaluate,
  field,
  type MatchStep,
  type NetfilterTable,
  named,
  oneOf,
  type Packet,
  type Step,
} from '../../src/index.ts'
import { accept, base, dnat, drop, facts, nat, ruleset, table } from './model.ts'

const LAN = 0xc0000200
const ports = fc.integer({ min: 8000, max: 8015 })
/** Without .2 and .3, which are the host's own. */
const hosts = fc.integer({ min: 4, max: 19 })

const packet: fc.Arbitrary<Packet> = fc
  .record({
    host: hosts,
    sourcePort: fc.integer({ min: 1024, max: 1030 }),
    port: ports,
    protocol: fc.constantFrom('tcp', 'udp'),
  })
  .map(({ host, sourcePort, port, protocol }) => ({
    family: 'ip',
    in: 'eth0',
    source: `192.0.2.${host}`,
    sourcePort,
    destination: '192.0.2.2',
    destinationPort: port,
    protocol,
  }))

/** A match, and the packets that match, described in another way. */
interface Told {
  readonly step: MatchStep
  readonly holds: (packet: Packet) => boolean
}

const saddr = field('saddr', { family: 'ip' })
const lastByte = ({ source }: Packet): number => Number((source ?? '').split('.')[3])
const number = (port: number | null | undefined): number => port ?? -1

const range = (arbitrary: fc.Arbitrary<number>): fc.Arbitrary<readonly [number, number]> =>
  fc.tuple(arbitrary, arbitrary).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)

const told: fc.Arbitrary<Told> = fc.oneof(
  ports.map(
    (port): Told => ({
      step: compare(field('dport', { protocols: [6] }), oneOf(port)),
      holds: (one) => one.protocol === 'tcp' && one.destinationPort === port,
    }),
  ),
  ports.map(
    (port): Told => ({
      step: compare(field('dport', { protocols: [6] }), oneOf(port), true),
      holds: (one) => one.protocol === 'tcp' && one.destinationPort !== port,
    }),
  ),
  range(ports).map(
    ([first, last]): Told => ({
      step: compare(field('dport'), between(first, last)),
      holds: (one) => first <= number(one.destinationPort) && number(one.destinationPort) <= last,
    }),
  ),
  hosts.map(
    (host): Told => ({
      step: compare(saddr, oneOf(LAN + host)),
      holds: (one) => lastByte(one) === host,
    }),
  ),
  range(hosts).map(
    ([first, last]): Told => ({
      step: compare(saddr, between(LAN + first, LAN + last)),
      holds: (one) => first <= lastByte(one) && lastByte(one) <= last,
    }),
  ),
  fc.constantFrom('eth0', 'eth1').map(
    (name): Told => ({
      step: compare(field('iifname'), named(name)),
      holds: (one) => one.in === name,
    }),
  ),
  fc.constantFrom(6, 17).map(
    (protocol): Told => ({
      step: compare(field('l4proto'), oneOf(protocol)),
      holds: (one) => (one.protocol === 'tcp' ? 6 : 17) === protocol,
    }),
  ),
)

test('a chain of any length does what its first matching rule says, indexed or walked', () => {
  const rule = fc.record({ matches: fc.array(told, { minLength: 1, maxLength: 3 }), drops: fc.boolean() })
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 60 }),
      fc.array(packet, { minLength: 5, maxLength: 10 }),
      (rules, packets) => {
        const steps = rules.map(({ matches, drops }) => [
          ...matches.map(({ step }) => step),
          drops ? drop : accept,
        ])
        const host = ruleset(table({}, base('input', 0, { policy: 'drop' }, ...steps)))
        for (const one of packets) {
          const at = rules.findIndex(({ matches }) => matches.every(({ holds }) => holds(one)))
          const found = evaluate(one, facts, host)
          expect(found.outcome).toBe(at >= 0 && rules[at]?.drops === false ? 'local' : 'dropped')
          expect(found.culprit?.position ?? null).toBe(
            at < 0 ? 'policy' : rules[at]?.drops === true ? at + 1 : null,
          )
        }
      },
    ),
    { numRuns: 150 },
  )
})

/** Chains of nat: each asks for a port, and binds to its own target, or accepts. */
const natChain = fc.record({ priority: fc.integer({ min: -199, max: 0 }), port: ports, binds: fc.boolean() })
const natChains = fc.uniqueArray(natChain, {
  selector: ({ priority }) => priority,
  minLength: 1,
  maxLength: 6,
})

const tableOf = (chains: readonly { priority: number; port: number; binds: boolean }[]): NetfilterTable =>
  table(
    {},
    ...chains.map(({ priority, port, binds }) => {
      const end: Step = binds ? dnat(`172.17.1.${-priority}`, 80) : accept
      return nat('prerouting', priority, [compare(field('dport'), oneOf(port)), end])
    }),
  )

test('the first nat chain by priority that binds decides; those that accept decide nothing', () => {
  fc.assert(
    fc.property(natChains, packet, (chains, one) => {
      const [first] = chains
        .filter(({ binds, port }) => binds && port === one.destinationPort)
        .sort((a, b) => a.priority - b.priority)
      const { at, certainty } = evaluate(one, facts, ruleset(tableOf(chains)))
      expect(at?.address).toBe(first === undefined ? '192.0.2.2' : `172.17.1.${-first.priority}`)
      expect(certainty).toBe('certain')
    }),
    { numRuns: 150 },
  )
})

test('the order in which tables of distinct priorities are listed does not matter', () => {
  fc.assert(
    fc.property(natChains, packet, (chains, one) => {
      const tables = chains.map((chain) => tableOf([chain]))
      const { trace: _one, ...forth } = evaluate(one, facts, ruleset(...tables))
      const { trace: _two, ...back } = evaluate(one, facts, ruleset(...tables.toReversed()))
      expect(back).toEqual(forth)
    }),
    { numRuns: 80 },
  )
})

test('an added drop never lets anything through, and an added accept never saves what another chain drops', () => {
  const rules = fc.array(fc.record({ match: told, drops: fc.boolean() }), { maxLength: 8 })
  fc.assert(
    fc.property(rules, told, packet, (some, more, one) => {
      const steps = some.map(({ match, drops }) => [match.step, drops ? drop : accept])
      const mine = table({}, base('input', 0, {}, ...steps))
      const before = evaluate(one, facts, ruleset(mine)).outcome
      const stricter = table({ name: 'u' }, base('input', 5, {}, [more.step, drop]))
      const kinder = table({ name: 'u' }, base('input', -5, {}, [more.step, accept]))
      if (before === 'dropped') {
        expect(evaluate(one, facts, ruleset(mine, stricter)).outcome).toBe('dropped')
        expect(evaluate(one, facts, ruleset(mine, kinder)).outcome).toBe('dropped')
      } else {
        expect(evaluate(one, facts, ruleset(mine, stricter)).outcome).toBe(
          more.holds(one) ? 'dropped' : before,
        )
        expect(evaluate(one, facts, ruleset(mine, kinder)).outcome).toBe(before)
      }
    }),
    { numRuns: 150 },
  )
})

test('an unknown match ends as one of its two ways, and is certain where they agree', () => {
  const rules = fc.array(fc.record({ match: told, drops: fc.boolean(), hazy: fc.boolean() }), {
    maxLength: 8,
  })
  const unknown: MatchStep = { kind: 'unknown-match', text: '?', random: false }
  fc.assert(
    fc.property(rules, packet, (some, one) => {
      const resolve = (bits: number): string => {
        let bit = 0
        for (const { match, drops, hazy } of some) {
          const taken = !hazy || (bits & (1 << bit)) !== 0
          if (hazy) bit += 1
          if (taken && match.holds(one)) return drops ? 'dropped' : 'local'
        }
        return 'local'
      }
      const hazes = some.filter(({ hazy }) => hazy).length
      const possible = new Set(Array.from({ length: 2 ** hazes }, (_, bits) => resolve(bits)))
      const steps = some.map(({ match, drops, hazy }) => [
        match.step,
        ...(hazy ? [unknown] : []),
        drops ? drop : accept,
      ])
      const found = evaluate(one, facts, ruleset(table({}, base('input', 0, {}, ...steps))))
      expect(found.certainty).toBe(possible.size === 1 ? 'certain' : 'possible')
      expect(found.outcome).toBe(resolve(0))
      expect(new Set([found, ...found.alternatives].map(({ outcome }) => outcome))).toEqual(possible)
    }),
    { numRuns: 200 },
  )
})
