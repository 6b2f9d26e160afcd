import { expect, test } from '@jest/globals'
import { hasValue, type RangeSet } from '../../src/address/range-set.ts'
import { prepareFollower } from '../../src/evaluate/flow/follow.ts'
import { openFlow } from '../../src/evaluate/flow/open-flow.ts'
import type { Learner } from '../../src/evaluate/learn/learner.ts'
import { noOrigins } from '../../src/evaluate/packet/origins.ts'
import { compare, field, oneOf, type Step, verdict } from '../../src/index.ts'
import { base, facts, nat, ruleset, table } from './model.ts'

const tcp = { protocols: [6] }
const ports: RangeSet = { starts: [8000], ends: [8999] }
const client = 0xc0000209
const host = 0xc0000202

/** One that has noted nothing. */
const learnerOf = (told: Pick<Learner, 'origins' | 'values' | 'region'>): Learner => ({
  ...told,
  ...{ conditions: [], exclusions: [], speaksForOthers: false, leadsTo: null, alike: null },
  ...{ isLenient: false, blurred: false, skipsForeign: false, ignored: new Set() },
  ...{ watched: null, hasActed: false, checks: null, isThorough: false, hasAskedMember: false },
})

/** What the way of a packet hung on, of which both ports are free, and have one value. */
const learnt = (...rules: readonly (readonly Step[])[]): readonly string[] => {
  const learner = learnerOf({
    origins: { ...noOrigins, sport: 'sport', dport: 'dport' },
    values: new Map([
      ['sport', 8080],
      ['dport', 8080],
    ] as const),
    region: { sport: ports, dport: ports },
  })
  const follower = prepareFollower(facts, [
    ruleset(table({}, base('prerouting', -150, {}, ...rules), nat('prerouting', -100))),
  ])
  follower.follow(
    openFlow(
      follower.host,
      {
        ...{ family: 'ip', protocol: 6, in: 'eth0', port: null, state: 'new', mark: 0 },
        ...{ tcpFlags: null, icmpType: null, icmpCode: 0 },
        ...{ saddr: client, daddr: host, sport: 8080, dport: 8080 },
      },
      learner,
    ),
  )
  return learner.conditions.map(
    ({ field: name, inside, set }) => `${name} ${inside ? 'in' : 'not in'} ${set.starts.join()}`,
  )
}

test('of two ports that happen to be equal, the one that a rule asks for is learnt', () => {
  expect(learnt([compare(field('sport', tcp), oneOf(8080)), verdict('drop')])).toEqual(['sport in 8080'])
  expect(learnt([compare(field('dport', tcp), oneOf(8080)), verdict('drop')])).toEqual(['dport in 8080'])
  expect(learnt([compare(field('sport', tcp), oneOf(8081)), verdict('drop')])).toEqual(['sport not in 8081'])
})

test('a value that a rule writes is no free one, though it has the value of one', () => {
  const write: Step = { kind: 'set', target: 'sport', value: { kind: 'constant', value: 8080 } }
  const told = learnt([write], [compare(field('sport', tcp), oneOf(8080)), verdict('drop')])
  expect(told).toEqual(['sport in 8080'])
  const other: Step = { kind: 'set', target: 'sport', value: { kind: 'constant', value: 8081 } }
  expect(learnt([other], [compare(field('sport', tcp), oneOf(8081)), verdict('drop')])).toEqual([
    'sport not in 8081',
  ])
})

/** The broadcasts of eth0 and of two bridges. */
const broadcasts = [0xc00002ff, 0xac1e01ff, 0xac1f01ff] as const

/** Which of them fare as the first of `to` does, as far as is learnt. */
const alikeBroadcasts = (from: string | null, to: number): readonly boolean[] => {
  const learner = learnerOf({
    origins: { ...noOrigins, daddr: 'daddr' },
    values: new Map([['daddr', to]] as const),
    region: { daddr: { starts: [0], ends: [0xffffffff] } },
  })
  const follower = prepareFollower(
    {
      ...facts,
      interfaces: [
        { name: 'lo', up: true, addresses: ['127.0.0.1/8'] },
        { name: 'eth0', up: true, addresses: ['192.0.2.2/24'] },
        { name: 'br0', up: true, kind: 'bridge', addresses: ['172.30.1.1/24'] },
        { name: 'br1', up: true, kind: 'bridge', addresses: ['172.31.1.1/24'] },
      ],
    },
    [],
  )
  follower.follow(
    openFlow(
      follower.host,
      {
        ...{ family: 'ip', protocol: 17, in: from, port: null, state: 'new', mark: 0 },
        ...{ tcpFlags: null, icmpType: null, icmpCode: 0 },
        ...{ saddr: from === null ? null : client, daddr: to, sport: 8080, dport: 8080 },
      },
      learner,
    ),
  )
  return broadcasts.map((address) =>
    learner.conditions.every(({ set, inside }) => hasValue(set, address) === inside),
  )
}

test('broadcasts of other interfaces are for the host where they come in, that of a bridge is switched, and each leaves by its own', () => {
  const [ofEth0, ofBr0] = broadcasts
  expect(alikeBroadcasts('eth0', ofBr0)).toEqual([false, true, true])
  expect(alikeBroadcasts('br0', ofEth0)).toEqual([true, false, true])
  expect(alikeBroadcasts('br0', ofBr0)).toEqual([false, true, false])
  expect(alikeBroadcasts(null, ofEth0)).toEqual([true, false, false])
})
