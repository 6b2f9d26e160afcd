import { describe, expect, test } from '@jest/globals'
import type { Conflict } from '../../src/conflict/index.ts'
import type { PublishedPort } from '../../src/contract/index.ts'
import type { MappingIntent } from '../../src/intent/index.ts'
import { type Resolution, resolve } from '../../src/resolve/index.ts'
import { endpointIntent, intent, mappingIntent } from './intent.ts'

const expand = (mappings: readonly MappingIntent[], others: readonly PublishedPort[] = []): Resolution =>
  resolve(
    intent({ endpoints: [endpointIntent(), endpointIntent({ service: 'api' })], mappings }),
    {},
    { others },
  )

const toNginx = (text: string, wish: Partial<MappingIntent> = {}) => mappingIntent(text, wish)
const toApi = (text: string, wish: Partial<MappingIntent> = {}) =>
  mappingIntent(text, { service: 'api', ...wish })

const kept = ({ desired }: Resolution): readonly string[] => desired.mappings.map(({ label }) => label)
const inWords = ({ conflicts }: Resolution): readonly string[] =>
  conflicts.map(({ severity, kind, mapping }: Conflict) => `${severity} ${kind} ${mapping}`)

const blog: PublishedPort = {
  project: 'blog',
  label: '0.0.0.0:8080/tcp -> ghost:2368',
  family: 'ip',
  protocol: 'tcp',
  hostAddress: null,
  hostPort: 8080,
  interface: null,
  targets: [{ address: '172.18.0.2', port: 2368 }],
}

describe('two mappings of one project on one host socket', () => {
  test('are an error, and the first keeps it', () => {
    const both = expand([toNginx('8080:80'), toApi('8080:80')])
    expect(kept(both)).toEqual(['0.0.0.0:8080/tcp -> nginx:80'])
    expect(inWords(both)).toEqual(['error DuplicateHostPort 0.0.0.0:8080/tcp -> api:80'])
    expect(both.conflicts[0]).toMatchObject({
      message:
        '0.0.0.0:8080/tcp -> api:80 wants the host socket 0.0.0.0:8080/tcp, which 0.0.0.0:8080/tcp -> nginx:80 of project shop already has. It would never get a packet. It is written at compose.yaml:3:5, and the other at compose.yaml:3:5.',
      culprit: { tool: 'portolan', text: '0.0.0.0:8080/tcp -> nginx:80', owner: 'shop' },
    })
  })

  test('of one container, on different ports of it, are an error too', () => {
    expect(inWords(expand([toNginx('8080:80'), toNginx('8080:81')]))).toEqual([
      'error DuplicateHostPort 0.0.0.0:8080/tcp -> nginx:81',
    ])
  })

  test('clash only where their ranges meet', () => {
    const both = expand([toNginx('8000-8002:80'), toApi('8002-8003:80')])
    expect(inWords(both)).toEqual(['error DuplicateHostPort 0.0.0.0:8002/tcp -> api:80'])
    expect(kept(both).at(-1)).toBe('0.0.0.0:8003/tcp -> api:80')
  })

  test('that say the same are one', () => {
    const both = expand([toNginx('8080:80'), toNginx('8080:80')])
    expect(kept(both)).toEqual(['0.0.0.0:8080/tcp -> nginx:80'])
    expect(both.conflicts).toEqual([])
  })

  test('that differ in allow_from are an error: one of the two would not hold', () => {
    const both = expand([toNginx('8080:80'), toNginx('8080:80', { allowFrom: ['198.51.100.0/24'] })])
    expect(inWords(both)).toEqual(['error DuplicateHostPort 0.0.0.0:8080/tcp -> nginx:80'])
  })

  test.each<[string, MappingIntent]>([
    ['another protocol', toApi('8080:80', { protocol: 'udp' })],
    ['another port', toApi('8081:80')],
    ['another interface', toApi('8080:80', { interface: 'eth1' })],
  ])('do not clash when one has %s', (_, other) => {
    const both = expand([toNginx('8080:80', { interface: 'eth0' }), other])
    expect(both.conflicts).toEqual([])
    expect(kept(both)).toHaveLength(2)
  })

  test('of two addresses do not clash', () => {
    const both = expand([toNginx('192.0.2.2:8080:80'), toApi('192.0.2.3:8080:80')])
    expect(both.conflicts).toEqual([])
    expect(kept(both)).toHaveLength(2)
  })
})

describe('weights', () => {
  test('let several share a host port', () => {
    const shared = expand([toNginx('8080:80', { weight: 3 }), toApi('8080:81', { weight: 1 })])
    expect(shared.conflicts).toEqual([])
    expect(shared.desired.mappings).toMatchObject([
      {
        label: '0.0.0.0:8080/tcp -> nginx:80 and api:81',
        targets: [
          { service: 'nginx', port: 80, weight: 3 },
          { service: 'api', port: 81, weight: 1 },
        ],
      },
    ])
  })

  test.each<[string, number | null, number | null]>([
    ['the first', 3, null],
    ['the second', null, 3],
  ])('of %s alone share nothing', (_, first, second) => {
    const both = expand([toNginx('8080:80', { weight: first }), toApi('8080:80', { weight: second })])
    expect(inWords(both)).toEqual(['error DuplicateHostPort 0.0.0.0:8080/tcp -> api:80'])
  })

  test('do not join mappings that let in different machines', () => {
    const both = expand([
      toNginx('8080:80', { weight: 1, allowFrom: ['198.51.100.0/24'] }),
      toApi('8080:80', { weight: 1 }),
    ])
    expect(inWords(both)).toEqual(['error DuplicateHostPort 0.0.0.0:8080/tcp -> api:80'])
    expect(both.desired.mappings[0]?.allowFrom).toEqual(['198.51.100.0/24'])
  })

  test('do join mappings that name the same machines in another order', () => {
    const [a, b] = ['198.51.100.0/24', '203.0.113.0/24'] as [string, string]
    const both = expand([
      toNginx('8080:80', { weight: 1, allowFrom: [a, b] }),
      toApi('8080:80', { weight: 1, allowFrom: [b, a] }),
    ])
    expect(both.conflicts).toEqual([])
  })

  test('say nothing where no other mapping shares the socket', () => {
    expect(expand([toNginx('8080:80', { weight: 7 })]).desired.mappings[0]?.targets[0].weight).toBe(1)
  })
})

describe('a wildcard and a specific address on one port', () => {
  test.each<[string, readonly MappingIntent[]]>([
    ['the wildcard first', [toNginx('8080:80'), toApi('192.0.2.2:8080:80')]],
    ['the specific one first', [toApi('192.0.2.2:8080:80'), toNginx('8080:80')]],
  ])('are a warning on the specific one, %s', (_, mappings) => {
    const both = expand(mappings)
    expect(kept(both)).toHaveLength(2)
    expect(inWords(both)).toEqual(['warning OverlappingHostPort 192.0.2.2:8080/tcp -> api:80'])
    expect(both.conflicts[0]?.message).toBe(
      '192.0.2.2:8080/tcp -> api:80 takes its host address out of 0.0.0.0:8080/tcp -> nginx:80 (project shop), which binds every address on the same port. The specific one wins.',
    )
  })
})

describe('a host port that another project has', () => {
  test('stays with it', () => {
    const late = expand([toNginx('8080:80')], [blog])
    expect(kept(late)).toEqual([])
    expect(inWords(late)).toEqual(['error DuplicateHostPort 0.0.0.0:8080/tcp -> nginx:80'])
    expect(late.conflicts[0]?.message).toContain('0.0.0.0:8080/tcp -> ghost:2368 of project blog already has')
  })

  test('is not shared even by weight', () => {
    expect(inWords(expand([toNginx('8080:80', { weight: 1 })], [blog]))).toEqual([
      'error DuplicateHostPort 0.0.0.0:8080/tcp -> nginx:80',
    ])
  })

  test('may be had on one address of the host, with a warning', () => {
    const late = expand([toNginx('192.0.2.2:8080:80')], [blog])
    expect(kept(late)).toEqual(['192.0.2.2:8080/tcp -> nginx:80'])
    expect(inWords(late)).toEqual(['warning OverlappingHostPort 192.0.2.2:8080/tcp -> nginx:80'])
  })

  test('on one address is taken out of our wildcard, with a warning', () => {
    const specific = { ...blog, hostAddress: '192.0.2.2', label: '192.0.2.2:8080/tcp -> ghost:2368' }
    const late = expand([toNginx('8080:80')], [specific])
    expect(kept(late)).toEqual(['0.0.0.0:8080/tcp -> nginx:80'])
    expect(inWords(late)).toEqual(['warning OverlappingHostPort 0.0.0.0:8080/tcp -> nginx:80'])
    expect(late.conflicts[0]).toMatchObject({
      message: expect.stringContaining(
        '192.0.2.2:8080/tcp -> ghost:2368 of project blog takes its host address',
      ),
      culprit: { text: '192.0.2.2:8080/tcp -> ghost:2368', owner: 'blog' },
    })
  })

  test('is no matter where others overlap among themselves', () => {
    const specific = { ...blog, hostAddress: '192.0.2.2', project: 'wiki' }
    expect(expand([toNginx('9090:80')], [blog, specific]).conflicts).toEqual([])
  })

  test('of another protocol or family is no matter', () => {
    const others = [
      { ...blog, protocol: 'udp' as const },
      { ...blog, family: 'ip6' as const },
    ]
    expect(expand([toNginx('8080:80')], others).conflicts).toEqual([])
  })
})
