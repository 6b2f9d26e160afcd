import { describe, expect, test } from '@jest/globals'
import {
  compare,
  conntrackState,
  type EvaluateOptions,
  type ExplainOptions,
  evaluate,
  explain,
  jumpTo,
  type NetfilterTable,
  oneOf,
  type Packet,
  printStory,
  type Step,
  type Story,
} from '../../src/index.ts'
import {
  accept,
  base,
  chain,
  ctState,
  dnat,
  drop,
  facts,
  from,
  fromLan,
  masquerade,
  nat,
  ruleset,
  table,
  tcpDport,
  to,
} from '../evaluate/model.ts'

const tell = (
  tables: readonly NetfilterTable[],
  packet: Packet = fromLan,
  { endpoints = [], ...options }: ExplainOptions & EvaluateOptions = {},
): Story => explain(packet, evaluate(packet, facts, ruleset(...tables), { endpoints }), options)

const publish = nat('prerouting', -100, [tcpDport(8080), dnat('172.17.0.2', 80)])
const atEndpoint = { endpoints: [{ address: '172.17.0.2', interface: 'br-web' }] }
const sentences = (story: Story): readonly string[] =>
  [...story.there, ...story.back].map(({ stage, sentence }) => `${stage}: ${sentence}`)

describe('a story', () => {
  test('tells where the packet entered, what changed it, and where it ended', () => {
    const story = tell([table({ name: 'docker-bridges' }, publish)], fromLan, {
      ...atEndpoint,
      names: new Map([['172.17.0.2', 'web']]),
    })
    expect(story.beginning).toBe('A TCP packet from 192.0.2.9:40000 to 192.0.2.2:8080 comes in by eth0.')
    expect(sentences(story)).toEqual([
      'prerouting: Docker sends it to 172.17.0.2:80 instead.',
      'routing: This host sends it out by br-web (route on-link).',
      'routing: This host sends it out by eth0 (route on-link).',
    ])
    expect(story.there[0]?.rule).toEqual({
      place: 'nft, table inet docker-bridges, chain nat-prerouting-100, rule 1 (handle 10)',
      text: 'rule 1 of nat-prerouting-100',
    })
    expect(story.ending).toEqual({
      arrives: true,
      sentence:
        'Delivered to web (172.17.0.2:80), behind br-web, which sees it come from 192.0.2.9:40000. The answer comes back.',
    })
    expect(story.doubts).toEqual([])
  })

  test('names the chains that led to a rule', () => {
    const filter = table(
      { tool: 'iptables-nft', family: 'ip', name: 'filter' },
      base('forward', 0, { name: 'FORWARD' }, [jumpTo('DOCKER-FORWARD')]),
      chain('DOCKER-FORWARD', [accept], [drop]),
      chain('OTHER', [drop]),
    )
    const deeper: NetfilterTable = {
      ...filter,
      chains: table(
        { tool: 'iptables-nft', family: 'ip', name: 'filter' },
        base('forward', 0, { name: 'FORWARD' }, [jumpTo('DOCKER-FORWARD')]),
        chain('DOCKER-FORWARD', [jumpTo('EMPTY')], [jumpTo('DOCKER')]),
        chain('EMPTY'),
        chain('DOCKER', [drop]),
      ).chains,
    }
    const { there } = tell([deeper], { ...fromLan, destination: '172.17.0.2' })
    expect(there.at(-1)).toMatchObject({
      stage: 'forward',
      sentence: 'Docker drops it.',
      effect: 'stops',
      rule: {
        place:
          'iptables-nft, table ip filter, chain DOCKER, rule 1 (handle 10), reached from FORWARD > DOCKER-FORWARD',
      },
    })
  })

  test('tells which packet it is that is stopped once the flow is answered', () => {
    const direction: Step = compare({ kind: 'conntrack', key: 'direction' }, oneOf(0))
    const filter = table(
      { tool: 'iptables-nft', family: 'ip', name: 'filter' },
      base('forward', 0, { name: 'FORWARD' }, [ctState(conntrackState.established), direction, drop]),
    )
    const story = tell([table({ name: 'docker-bridges' }, publish), filter])
    expect(story.later?.beginning).toBe('It is answered, but the next packet of the sender:')
    expect(story.later?.steps.map(({ stage, sentence }) => `${stage}: ${sentence}`)).toEqual([
      'prerouting: The kernel sends it to 172.17.0.2:80, as the flow was bound.',
      'routing: This host sends it out by br-web (route on-link).',
      'forward: A rule drops it.',
    ])
    expect(story.ending).toEqual({
      arrives: false,
      sentence:
        "Dropped by rule 1 of chain FORWARD (iptables-nft, table ip filter). It does arrive at 172.17.0.2:80 and is answered, but the sender's next packet is stopped: a connection opens, and then hangs.",
    })
    expect(printStory(story).split('\n')).toEqual(
      expect.arrayContaining([
        'The answer, on its way back:',
        'It is answered, but the next packet of the sender:',
        '  forward     A rule drops it.',
      ]),
    )
  })

  test('ends with the policy that dropped, in the words of its tool', () => {
    const strict = table(
      { tool: 'iptables-legacy', family: 'ip', name: 'filter' },
      base('forward', 0, { name: 'FORWARD', policy: 'drop' }),
    )
    const story = tell([strict], { ...fromLan, destination: '172.17.0.2' })
    expect(story.there.at(-1)).toMatchObject({
      sentence: 'The policy of FORWARD drops it.',
      rule: { text: '-P FORWARD DROP' },
    })
    expect(story.ending.sentence).toBe(
      'Dropped by the policy of chain FORWARD (iptables-legacy, table ip filter). The sender hears nothing, and gives up after a while.',
    )
  })

  test('says that it is the answer that is lost, and where the packet did arrive', () => {
    const oneWay = base('forward', 0, { policy: 'drop' }, [from('192.0.2.0/24'), accept])
    const story = tell([table({}, publish, oneWay)])
    expect(story.back.at(-1)?.sentence).toBe('The policy of forward0 drops it.')
    expect(story.ending.sentence).toBe(
      'Dropped on the way back by the policy of chain forward0 (nft, table inet t). It does arrive at 172.17.0.2:80, but the answer does not come back. The sender hears nothing, and gives up after a while.',
    )
  })

  test('tells how the receiver sees a masqueraded sender', () => {
    const packet: Packet = {
      ...fromLan,
      in: 'br-web',
      source: '172.17.0.2',
      destination: '198.51.100.9',
      destinationPort: 443,
    }
    const story = tell([table({}, nat('postrouting', 100, [masquerade]))], packet)
    expect(sentences(story)).toContain('postrouting: A rule makes it come from 198.51.100.2:40000.')
    expect(story.ending.sentence).toBe(
      'Forwarded to 198.51.100.9:443 out of eth1, which sees it come from 198.51.100.2, by some port from 1024 to 65535. The answer comes back.',
    )
  })

  test('says of a packet of the host itself that it is sent, not forwarded', () => {
    const { in: _, ...fromHost } = { ...fromLan, source: '192.0.2.2', destination: '192.0.2.9' }
    expect(tell([], fromHost).ending.sentence).toMatch(/^Sent to 192\.0\.2\.9:8080 out of eth0/)
  })

  test('of a packet that nothing stops says so, and what listens', () => {
    const sockets = [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: 'nginx' }] as const
    expect(printStory(tell([], fromLan, { sockets }))).toBe(
      [
        'A TCP packet from 192.0.2.9:40000 to 192.0.2.2:8080 comes in by eth0.',
        '',
        '  No rule changes or stops it.',
        '',
        'It reaches this host itself, at 192.0.2.2:8080, which sees it come from 192.0.2.9:40000. Listening there: nginx. The answer comes back.',
      ].join('\n'),
    )
    expect(tell([], fromLan, { sockets: [] }).ending.sentence).toMatch(
      / Nothing is known to listen there\. An answer would come back\.$/,
    )
  })

  test('says what the kernel itself refused, and why', () => {
    const story = tell([], { ...fromLan, destination: '127.0.0.1' })
    expect(story.ending.sentence).toMatch(
      /^Dropped: martian destination 127\.0\.0\.1 on eth0: net\.ipv4\.conf\.eth0\.route_localnet = 0\./,
    )
  })

  test('of what a process of the host sends begins with the process', () => {
    const story = tell([], { family: 'ip', destination: '172.17.0.2', protocol: 'icmp' })
    expect(story.beginning).toBe('A process of this host sends an ICMP echo request to 172.17.0.2.')
  })

  test('of a packet without an answer does not speak of an answer', () => {
    const story = tell([], { ...fromLan, state: 'invalid' })
    expect(story.beginning).toContain('seen by connection tracking as invalid')
    expect(story.ending.sentence).not.toContain('answer')
  })
})

describe('what is not certain', () => {
  const rate: Step = { kind: 'unknown-match', text: 'limit rate 5/second', random: false }

  test('is told with the rule that decides, and where the other way ends', () => {
    const limited = base('input', 0, { policy: 'drop' }, [rate, accept])
    const open = base('output', 0, {}, [ctState(2), accept])
    const story = tell([table({}, limited, open)])
    expect(story.ending).toMatchObject({ arrives: false })
    expect(story.doubts).toHaveLength(1)
    expect(story.doubts[0]?.sentence).toMatch(/the first rule below matches.*: it reaches this host itself/)
    expect(story.doubts[0]?.steps.map(({ rule }) => rule?.text)).toEqual(['rule 1 of input0'])
  })

  test('says so when equal priorities leave the order open', () => {
    const one = table({ name: 'a' }, nat('prerouting', -100, [tcpDport(8080), dnat('172.17.0.2', 80)]))
    const other = table({ name: 'b' }, nat('prerouting', -100, [tcpDport(8080), dnat('172.18.0.2', 80)]))
    const { doubts } = tell([one, other])
    expect(doubts[0]?.sentence).toMatch(/^Order undetermined: .*nft inet b .*nft inet a /)
    expect(doubts[1]?.sentence).toMatch(/^In another order: forwarded to 172\.17\.0\.2:80/)
  })

  test('of a chain that the dump lacks is named as such', () => {
    const { doubts } = tell([table({}, base('input', 0, {}, [jumpTo('gone')]))])
    expect(doubts.map(({ sentence }) => sentence)).toEqual([
      expect.stringContaining('a chain that is not in the dump'),
    ])
  })

  test('is not claimed of a balancer: both ends are certain to be met', () => {
    const coin: Step = { kind: 'unknown-match', text: 'statistic', random: true }
    const balance = nat(
      'prerouting',
      -100,
      [tcpDport(8080), to('192.0.2.2'), coin, dnat('172.17.0.2', 80)],
      [tcpDport(8080), dnat('172.17.0.3', 80)],
    )
    const { doubts } = tell([table({}, balance)])
    expect(doubts).toHaveLength(1)
    expect(doubts[0]?.sentence).toMatch(
      /^Or, because the rules balance connections: forwarded to 172\.17\.0\./,
    )
  })
})
