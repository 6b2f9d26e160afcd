import { describe, expect, test } from '@jest/globals'
import type { NetworkIntent } from '../../src/intent/index.ts'
import { resolve } from '../../src/resolve/index.ts'
import { intent, mappingIntent, networkIntent, subnetIntent } from './intent.ts'

describe('a restriction of a port', () => {
  const notes = (text: string, wish: Parameters<typeof mappingIntent>[1]) =>
    resolve(intent({ mappings: [mappingIntent(text, wish)] }), {
      interfaces: [
        { name: 'lo', addresses: ['127.0.0.1/8'] },
        { name: 'eth0', addresses: ['192.0.2.2/24'] },
      ],
    }).notes.map(({ text }) => text)

  test('that keeps nothing out is worth a note: only the host reaches loopback', () => {
    expect(notes('127.0.0.1:8080:80', { interface: 'eth0', allowFrom: ['198.51.100.0/24'] })).toEqual([
      '127.0.0.1:8080/tcp on eth0 -> nginx:80: the interface has no effect. Only this host reaches a loopback address, by any interface.',
      '127.0.0.1:8080/tcp on eth0 -> nginx:80: allow_from has no effect. Only this host reaches a loopback address.',
    ])
    expect(notes('127.0.0.5:8080-8081:80-81', { allowFrom: ['198.51.100.0/24'] })).toEqual([
      '127.0.0.5:8080/tcp -> nginx:80 and 1 more: allow_from has no effect. Only this host reaches a loopback address.',
    ])
    expect(notes('8080:80', { interface: 'lo', allowFrom: ['198.51.100.0/24'] })).toEqual([
      '0.0.0.0:8080/tcp on lo -> nginx:80: allow_from has no effect. No other machine comes in by the loopback interface.',
    ])
  })

  test.each<[string, string, Parameters<typeof mappingIntent>[1]]>([
    ['by the loopback interface alone, which keeps all other machines out', '8080:80', { interface: 'lo' }],
    ['by an address of the host', '192.0.2.2:8080:80', { interface: 'eth0', allowFrom: ['198.51.100.0/24'] }],
    ['to no other machine, which is so', '127.0.0.1:8080:80', { allowFrom: [] }],
  ])('that has an effect is not: %s', (_, text, wish) => {
    expect(notes(text, wish)).toEqual([])
  })
})

describe('a pool', () => {
  const notes = (wish: Partial<NetworkIntent>) =>
    resolve(intent({ networks: [networkIntent({ pools: ['docker'], ...wish })] }), {}).notes
  const [ip, ip6] = [subnetIntent({ subnet: '10.3.0.0/24' }), subnetIntent({ subnet: 'fd00::/64' })]

  test('beside a subnet of each family is worth a note', () => {
    const told = (wish: Partial<NetworkIntent>) => notes(wish).map(({ text }) => text)
    expect(told({ ip })).toEqual([
      'Network web: the pool has no effect, because its subnet is given. Leave one of the two out.',
    ])
    expect(told({ ip, ip6 })).toEqual([
      'Network web: the pool has no effect, because its subnets are given. Leave one of the two out.',
    ])
  })

  test('from which a subnet is picked is not', () => {
    expect(notes({})).toEqual([])
    expect(notes({ ip6 })).toEqual([])
    expect(notes({ pools: null, ip })).toEqual([])
  })
})
