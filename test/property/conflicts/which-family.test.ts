import { expect, test } from '@jest/globals'
import { expectTrue } from './expect-true.ts'
import { hostFacts, look } from './look.ts'
import { filter } from './saved.ts'

/** A host on which bridged packets pass the IP hooks. */
const facts = {
  ...hostFacts,
  sysctls: {
    ...hostFacts.sysctls,
    'net.bridge.bridge-nf-call-iptables': '1',
    'net.bridge.bridge-nf-call-ip6tables': '1',
  },
}

const intentWith = (...subnets: readonly string[]): string => `
name: shop
networks:
  web:
    enable_ipv6: ${subnets.length > 1}
    ipam: {config: [${subnets.join(', ')}]}
    driver_opts: {com.docker.network.bridge.name: pt-web}
services:
  app: {networks: {web: {}}}
  db: {networks: {web: {}}}
`
const ip = '{subnet: 172.17.0.0/16, gateway: 172.17.42.1}'
const ip6 = '{subnet: "fd00:30:1::/64", gateway: "fd00:30:1::1"}'

const dropped = filter('-A FORWARD -i pt-web -j DROP')

const headlines = async (...asked: Parameters<typeof look>): Promise<readonly string[]> => {
  const seen = await look(...asked)
  expectTrue(seen)
  return seen.conflicts
    .filter(({ network }) => network !== null)
    .map(({ message }) => message.slice(0, message.indexOf('. ')))
}

test('of a network with both families, a conflict says which one it is of', async () => {
  const intent = intentWith(ip, ip6)
  expect(await headlines({ facts, intent, saved6: dropped })).toEqual([
    'Network web cannot reach the outside over IPv6',
    'Containers of network web cannot be reached from each other over IPv6',
  ])
  expect(await headlines({ facts, intent, saved: dropped })).toEqual([
    'Network web cannot reach the outside over IPv4',
    'Containers of network web cannot be reached from each other over IPv4',
  ])
})

test('where the network has one family, it says none', async () => {
  expect(await headlines({ facts, intent: intentWith(ip), saved: dropped })).toEqual([
    'Network web cannot reach the outside',
    'Containers of network web cannot be reached from each other',
  ])
})
