import { describe, expect, test } from '@jest/globals'
import { readCompose } from '@portolan/core'
import { contractBreaches, type FakeHost, fakeHost } from '@portolan/testing'
import '@portolan/testing/jest'

const shop = readCompose(
  'services: {web: {ports: ["8080:80"]}, db: {networks: [back], ports: ["127.0.0.1:5432:5432"]}}\nnetworks: {back: {}}',
  { source: 'compose.yaml', project: 'shop' },
)

const client = {
  family: 'ip',
  protocol: 'tcp',
  from: { kind: 'machine', address: '198.51.100.7', interface: 'eth0' },
  to: { address: '192.0.2.2', port: 8080 },
} as const

const closed = { ...client, to: { ...client.to, port: 5432 } } as const

const shopHost = async (): Promise<FakeHost> => {
  const host = fakeHost()
  await host.apply(await host.plan(shop))
  return host
}

const forward = (...rules: readonly string[]): string =>
  [
    '*filter',
    ':INPUT ACCEPT [0:0]',
    ':FORWARD ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ...rules,
    'COMMIT',
    '',
  ].join('\n')

const failureOf = (work: () => void): string => {
  try {
    work()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing failed'
}

describe('matchers of a simulated host', () => {
  test('pass where all is as it should be', async () => {
    const host = await shopHost()
    expect(host).toDeliver(client)
    expect(host).toDeliver(client, { service: 'web', port: 80 })
    expect(host).toDrop({ ...client, to: { address: '172.17.0.1', port: 81 } })
    expect(host).toHaveNoConflicts()
    expect(host).toMeetContract()
    expect(await host.plan(shop)).toHaveNoConflicts()
    expect(host).not.toDeliver(closed)
  })

  test("toDeliver tells the packet's way, and the rule that stops it", async () => {
    const host = await shopHost()
    host.foreign.iptables(forward('-A FORWARD -p tcp -m tcp --dport 80 -j DROP'))
    expect(failureOf(() => expect(host).toDeliver(client)).split('\n')).toEqual([
      'The flow was expected to be delivered, and it is dropped.',
      '',
      '  A TCP packet from 198.51.100.7:40000 to 192.0.2.2:8080 comes in by eth0.',
      '',
      '    prerouting  Portolan sends it to 10.0.0.1:80 instead.',
      '                nft, table inet portolan, chain published_ports, rule 2, reached from nat_prerouting:',
      '                  meta nfproto ipv4 dnat ip to meta l4proto . th dport map @dnat4',
      '    routing     This host sends it out by br-defau-s1kigv (route on-link).',
      '    forward     Portolan lets it pass.',
      '                nft, table inet portolan, chain to_br-defau-s1kigv, rule 4, reached from forward:',
      '                  ct status dnat accept comment "shop/default"',
      '    forward     A rule drops it.',
      '                iptables-nft, table ip filter, chain FORWARD, rule 1:',
      '                  -A FORWARD -p tcp -m tcp --dport 80 -j DROP',
      '',
      '  Dropped by rule 1 of chain FORWARD (iptables-nft, table ip filter). The sender hears nothing, and gives up after a while.',
    ])
  })

  test('toDeliver tells another receiver, and a host on which nothing listens', async () => {
    const host = await shopHost()
    expect(failureOf(() => expect(host).toDeliver(client, { service: 'db' }))).toMatch(
      'another receiver: its service is "web", expected "db"',
    )
    expect(failureOf(() => expect(host).toDeliver({ ...client, to: { ...client.to, port: 81 } }))).toMatch(
      'comes to the host itself, where nothing listens',
    )
  })

  test('toDrop tells where the packet came to', async () => {
    const host = await shopHost()
    expect(failureOf(() => expect(host).toDrop(client))).toMatch(
      /it is delivered to a container\.\n\n {2}A TCP packet/,
    )
  })

  test('toHaveNoConflicts tells each with the way of its witness', async () => {
    const host = await shopHost()
    host.foreign.iptables(forward('-A FORWARD -s 198.51.100.0/24 -j DROP'))
    const failure = failureOf(() => expect(host).toHaveNoConflicts())
    expect(failure).toMatch('No conflicts were expected')
    expect(failure).toMatch('ForwardDropped')
    expect(failure).toMatch('-A FORWARD -s 198.51.100.0/24 -j DROP')
  })

  test('toMeetContract tells what is stopped and what gets in', async () => {
    const host = await shopHost()
    host.foreign.iptables(forward('-A FORWARD -p tcp -m tcp --dport 80 -j DROP'))
    expect(failureOf(() => expect(host).toMeetContract())).toMatch(
      /tcp from 192\.0\.2\.5 by eth0 to 192\.0\.2\.2:8080 has to be delivered to \S+:80, with its own address as source/,
    )
    host.foreign.iptables('')
    host.drift.flushRuleset()
    const promises = contractBreaches(host).map(({ promise }) => promise.kind)
    expect([...new Set(promises)].sort()).toEqual(['delivered', 'dropped', 'outside'])
  })

  test('toMeetContract asks nothing of an address that the host does not have', async () => {
    const bound = readCompose('services: {web: {ports: ["192.0.2.2:1:1"]}}', {
      source: 'compose.yaml',
      project: 'shop',
    })
    for (const facts of [{}, { interfaces: [] }, { interfaces: [{ name: 'eth0', addresses: [] }] }]) {
      const host = fakeHost(facts)
      await host.apply(await host.plan(bound))
      expect(host).toMeetContract()
      expect(contractBreaches(host)).toEqual([])
    }
  })
})
