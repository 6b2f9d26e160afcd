import { describe, expect, test } from '@jest/globals'
import type { HostFacts, InterfaceFact } from '@portolan/netfilter'
import { bridgeAlias } from '../../src/contract/index.ts'
import type { MappingIntent, NetworkIntent } from '../../src/intent/index.ts'
import { resolve } from '../../src/resolve/index.ts'
import { intent, mappingIntent, networkIntent, subnetIntent } from './intent.ts'

const notesOn = (
  interfaces: readonly InterfaceFact[] | undefined,
  mappings: readonly MappingIntent[] = [mappingIntent('8080:80')],
  network: Partial<NetworkIntent> = {},
  facts: HostFacts = {},
) => {
  const wanted = intent({ networks: [networkIntent(network)], mappings })
  return resolve(wanted, { ...facts, ...(interfaces === undefined ? {} : { interfaces }) }).notes
}

const textsOn = (...given: Parameters<typeof notesOn>) => notesOn(...given).map(({ text }) => text)

const lo = { name: 'lo', kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] }
const eth0 = (...addresses: string[]) => ({ name: 'eth0', kind: 'ether', addresses })
const six = [lo, eth0('2001:db8::2/64', 'fe80::1/64')]
const four = [lo, eth0('192.0.2.2/24', 'fe80::1/64')]
const dual = { ip6: subnetIntent() }
const only6 = { ip: null, ip6: subnetIntent() }

describe('a port that is published in one family, on a host that has addresses of the other only', () => {
  test('is worth one note, with its place', () => {
    expect(notesOn(six, [mappingIntent('8080-8082:80-82')])).toEqual([
      {
        text: 'No other machine reaches 0.0.0.0:8080/tcp -> nginx:80 and 2 more: this host has no IPv4 address for other machines, and network web has no IPv6. Give that network IPv6 (enable_ipv6).',
        place: { source: 'compose.yaml', line: 3, column: 5 },
      },
    ])
  })

  test.each<[string, readonly InterfaceFact[], string, Partial<NetworkIntent>, string]>([
    [
      'of IPv4, of a network with both families',
      six,
      '0.0.0.0:8080:80',
      dual,
      'has no IPv4 address for other machines. Leave out the host address of that port.',
    ],
    [
      'of IPv6, of a network with both families',
      four,
      ':::8080:80',
      dual,
      'has no IPv6 address for other machines. Leave out the host address of that port.',
    ],
    [
      'of IPv6, of a network without IPv4',
      four,
      '8080:80',
      only6,
      'has no IPv6 address for other machines, and network web has no IPv4. Give that network IPv4 (enable_ipv4).',
    ],
  ])('%s, says what to do', (_, interfaces, port, network, end) => {
    expect(textsOn(interfaces, [mappingIntent(port)], network)).toEqual([expect.stringContaining(end)])
  })

  test.each<[string, readonly InterfaceFact[]]>([
    [
      'a bridge of Portolan',
      [
        {
          name: 'br-x',
          kind: 'bridge',
          alias: bridgeAlias({ project: 'blog', network: 'web' }),
          addresses: ['10.9.0.1/24'],
        },
      ],
    ],
    ['a bridge of another engine', [{ name: 'docker0', kind: 'bridge', addresses: ['172.30.0.1/16'] }]],
  ])('is worth the note although %s has an address', (_, bridges) => {
    expect(textsOn([...six, ...bridges])).toHaveLength(1)
  })

  test.each<[string, Parameters<typeof notesOn>]>([
    ['the host has both families', [[...four, eth0('2001:db8::2/64')]]],
    ['the host has a service address on lo', [[...six, { name: 'lo', addresses: ['192.0.2.9/32'] }]]],
    [
      'the host has one on a dummy',
      [[...six, { name: 'dummy0', kind: 'dummy', addresses: ['192.0.2.9/32'] }]],
    ],
    [
      'a route makes addresses local',
      [
        six,
        undefined,
        undefined,
        { routes: [{ destination: '192.0.2.8/29', type: 'local', interface: 'lo' }] },
      ],
    ],
    ['the port is published in both families', [six, [mappingIntent('8080:80')], dual]],
    ['the port is bound to the loopback', [six, [mappingIntent('127.0.0.1:8080:80')]]],
    ['the port is of one interface', [six, [mappingIntent('8080:80', { interface: 'eth0' })]]],
    ['the port is not translated', [six, [mappingIntent('80')], { ip: subnetIntent({ mode: 'routed' }) }]],
    [
      'the host has no address at all yet',
      [[lo, { name: 'eth0', kind: 'ether', addresses: ['fe80::1/64'] }]],
    ],
    ['no interface is known', [undefined]],
  ])('is not if %s', (_, given) => {
    expect(textsOn(...given)).toEqual([])
  })
})
