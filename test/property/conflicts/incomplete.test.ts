import { expect, test } from '@jest/globals'
import { hostFacts, look } from './look.ts'
import { raw } from './saved.ts'

const intent = `
name: shop
networks:
  one:
    ipam: {config: [{subnet: 172.30.1.0/24, gateway: 172.30.1.1}]}
  two:
    ipam: {config: [{subnet: 172.30.2.0/24, gateway: 172.30.2.1}]}
services:
  a: {networks: {one: {ipv4_address: 172.30.1.10}}}
  b: {networks: {two: {ipv4_address: 172.30.2.10}}}
`

test('what was not looked at of rows that the contract closes is told of every network that is alike', async () => {
  const rules = Array.from(
    { length: 260 },
    (_, at) => `-A PREROUTING -i eth0 -p udp -m udp --sport ${2 * at + 1001} -j NOTRACK`,
  )
  const interfaces = (hostFacts.interfaces ?? []).filter(({ name }) => name !== 'eth1')
  const { plan } = await look({ facts: { ...hostFacts, interfaces }, saved: raw(...rules), intent })
  const why = 'The rules tell more than 256 kinds of these packets apart. The others were not looked at.'
  const closed = plan.incomplete.filter((one) => one.why === why)
  expect(closed.map(({ network }) => network)).toEqual(['one', 'two'])
  for (const { network, what } of closed)
    expect(what).toBe(
      `packets of other machines behind eth0 for containers of network ${network} (UDP, IPv4)`,
    )
})

test('of packets that were not looked at nothing is said, though all of the others are stopped', async () => {
  const marks = Array.from(
    { length: 300 },
    (_, at) => `-A PREROUTING -p tcp -m tcp --dport ${2 * at + 1001} -j MARK --set-mark ${at + 1}`,
  )
  const saved = [
    ...['*mangle', ':PREROUTING ACCEPT [0:0]', ...marks, 'COMMIT'],
    ...['*filter', ':FORWARD ACCEPT [0:0]'],
    ...['-A FORWARD -s 172.30.1.10/32 -p tcp -j DROP', '-A FORWARD -p udp -j DROP', 'COMMIT', ''],
  ].join('\n')
  const { conflicts, plan } = await look({ saved, intent })
  expect(plan.incomplete.map(({ what }) => what)).toContainEqual(
    expect.stringMatching(/^packets of containers of network one for the outside/),
  )
  const stopped = conflicts.filter(({ kind, culprit }) => kind === 'EgressDropped' && culprit?.position === 1)
  expect(stopped.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^Some packets from network one cannot reach the outside/),
  ])
})
