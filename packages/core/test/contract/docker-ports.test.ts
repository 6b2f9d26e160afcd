import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import { PortolanError, type Protocol } from '@portolan/netfilter'
import type { PublishedPort } from '../../src/contract/index.ts'
import { type MappingIntent, parsePortMapping } from '../../src/intent/index.ts'
import { acquirePort, emptyLeases, type LeaseState, leaseKey, releaseLease } from '../../src/lease/index.ts'
import { type ResolveOptions, resolve } from '../../src/resolve/index.ts'
import { endpointIntent, intent, mappingIntent, networkIntent, subnetIntent } from '../resolve/intent.ts'

// V10 (moby, libnetwork/portallocator/portallocator_test.go): all rows. There one object gives out ports. Here an
// automatic port is a lease, and a named port is a mapping that no other service may have.

const begin = 49153
const end = 49162

/** Leases and releases automatic ports, one for each container port. */
const allocator = (isTaken: (port: number) => boolean = () => false, range = { first: begin, last: end }) => {
  let state: LeaseState = emptyLeases
  let holders = 0
  return {
    take: (protocol: Protocol = 'tcp'): number | string => {
      holders += 1
      const holder = { project: 'shop', service: 's', replica: 1, network: 'web', containerPort: holders }
      try {
        const step = acquirePort(state, { holder, protocol, range, isTaken })
        state = step.state
        return step.result.port
      } catch (error) {
        return error instanceof PortolanError ? error.code : String(error)
      }
    },
    giveBack: (port: number, protocol: Protocol = 'tcp'): void => {
      const holder = { project: 'shop', service: 's', replica: 1, network: 'web', containerPort: 1 }
      state = releaseLease(state, leaseKey({ kind: 'port', protocol, port, holder })).state
    },
  }
}

describe('V10: a port without a number', () => {
  test('is the first of the ephemeral range, then the next, to its end; each protocol counts for itself', () => {
    const ports = allocator()
    const all = Array.from({ length: end - begin + 1 }, (_, at) => begin + at)
    expect(all.map(() => ports.take())).toEqual(all)
    expect(ports.take()).toBe('PORTS_EXHAUSTED')
    expect(all.map(() => ports.take('udp'))).toEqual(all)
    expect(ports.take('udp')).toBe('PORTS_EXHAUSTED')
    ports.giveBack(begin + 5)
    expect(ports.take()).toBe(begin + 5)
    expect(ports.take()).toBe('PORTS_EXHAUSTED')
  })

  test.each<[string, { first: number; last: number }, readonly (number | string)[]]>([
    ['8081 to 8082', { first: 8081, last: 8082 }, [8081, 8082, 'PORTS_EXHAUSTED']],
    ['20000 to 20004', { first: 20000, last: 20004 }, [20000, 20001, 20002, 20003]],
  ])('comes from a range such as %s', (_, range, expected) => {
    const ports = allocator(() => false, range)
    expect(expected.map(() => ports.take())).toEqual(expected)
  })
})

interface Wanted {
  readonly facts?: HostFacts
  readonly options?: ResolveOptions
}

const range = (first: number, last: number, reserved = ''): HostFacts => ({
  sysctls: {
    'net.ipv4.ip_local_port_range': `${first}\t${last}`,
    'net.ipv4.ip_local_reserved_ports': reserved,
  },
})

/** Mappings of services a, b, ... on a network of both families: the published ports, and the conflicts. */
const publish = (
  mappings: readonly (string | MappingIntent)[],
  { facts = {}, options = {} }: Wanted = {},
): { readonly published: readonly string[]; readonly refused: readonly string[] } => {
  const services = mappings.map((_, at) => String.fromCharCode(97 + at))
  const { desired, conflicts } = resolve(
    intent({
      networks: [networkIntent({ ip6: subnetIntent({ subnet: 'fd00:17::/64' }) })],
      endpoints: services.map((service) => endpointIntent({ service })),
      mappings: mappings.map((one, at) => {
        const service = services[at] ?? ''
        return typeof one === 'string' ? mappingIntent(one, { service }) : { ...one, service }
      }),
    }),
    facts,
    options,
  )
  const socket = (label: string): string => label.slice(0, label.indexOf(' '))
  return {
    published: desired.mappings.map(({ label }) => socket(label)),
    refused: conflicts
      .filter(({ severity }) => severity === 'error')
      .map(({ kind, mapping }) => `${kind} ${socket(mapping ?? '')}`),
  }
}

describe('V10: a port that is named', () => {
  test('is given once; asked for again it is refused, and the message names its holder', () => {
    expect(publish(['192.168.0.1:5000:80'])).toEqual({ published: ['192.168.0.1:5000/tcp'], refused: [] })
    expect(publish(['192.168.0.1:5000:80', '192.168.0.1:5000:80'])).toEqual({
      published: ['192.168.0.1:5000/tcp'],
      refused: ['DuplicateHostPort 192.168.0.1:5000/tcp'],
    })
  })

  const other = (
    hostAddress: string | null,
    hostPort: number,
    family: 'ip' | 'ip6' = 'ip',
  ): PublishedPort => ({
    project: 'blog',
    label: `${hostAddress ?? (family === 'ip' ? '0.0.0.0' : '[::]')}:${hostPort}/tcp -> ghost:80`,
    family,
    protocol: 'tcp',
    hostAddress,
    hostPort,
    interface: null,
    targets: [{ address: family === 'ip' ? '172.18.0.2' : 'fd00:18::2', port: 80 }],
  })

  test('is refused while another project has it, and given once that gave it back', () => {
    const has = [other('192.168.0.1', 5000)]
    expect(publish(['192.168.0.1:5000:80'], { options: { others: has } }).refused).toEqual([
      'DuplicateHostPort 192.168.0.1:5000/tcp',
    ])
    expect(publish(['192.168.0.1:5000:80'], { options: { others: [] } }).refused).toEqual([])
  })

  test('may be had on two addresses at once', () => {
    expect(publish(['192.168.0.1:80:80', '192.168.0.2:80:80'])).toEqual({
      published: ['192.168.0.1:80/tcp', '192.168.0.2:80/tcp'],
      refused: [],
    })
  })

  // Docker refuses the second one, in either order. Here both work: the specific mapping wins for its address. A
  // warning says so, because it is often a mistake.
  test.each([
    ['0.0.0.0:80:80', '192.168.0.1:80:80'],
    ['192.168.0.1:80:80', '0.0.0.0:80:80'],
  ])('on %s and on %s is told, and both work', (first, second) => {
    expect(publish([first, second]).refused).toEqual([])
    const { conflicts } = resolve(
      intent({
        endpoints: [endpointIntent(), endpointIntent({ service: 'api' })],
        mappings: [mappingIntent(first), mappingIntent(second, { service: 'api' })],
      }),
      {},
    )
    expect(conflicts.map(({ kind, severity }) => `${severity} ${kind}`)).toEqual([
      'warning OverlappingHostPort',
    ])
  })

  test('of one family is free in the other', () => {
    expect(publish(['0.0.0.0:80:80', ':::80:80'])).toEqual({
      published: ['0.0.0.0:80/tcp', '[::]:80/tcp'],
      refused: [],
    })
  })

  test('on several addresses is refused until every one of them was given back', () => {
    const wanted = ['127.0.0.1:10000:80', ':::10000:80']
    const refused = (others: readonly PublishedPort[]): readonly string[] =>
      publish(wanted, { options: { others } }).refused
    expect(publish(wanted)).toEqual({
      published: ['127.0.0.1:10000/tcp', '[::]:10000/tcp'],
      refused: [],
    })
    const [four, six] = [other('127.0.0.1', 10000), other(null, 10000, 'ip6')]
    // Both conflicts are reported. Docker stops at the first.
    expect(refused([four, six])).toEqual([
      'DuplicateHostPort 127.0.0.1:10000/tcp',
      'DuplicateHostPort [::]:10000/tcp',
    ])
    expect(refused([six])).toEqual(['DuplicateHostPort [::]:10000/tcp'])
    expect(refused([])).toEqual([])
  })

  test('and one that is not, of two addresses: each gets its own', () => {
    const facts = range(begin, end)
    const first = mappingIntent('127.0.0.1::80', { protocol: 'udp' })
    const second = mappingIntent('0.0.0.0::80', { protocol: 'udp' })
    expect(publish([first, second], { facts }).published).toEqual([
      `127.0.0.1:${begin}/udp`,
      `0.0.0.0:${begin + 1}/udp`,
    ])
  })

  test('in a range is all of the range: every port one by one', () => {
    // Docker takes one free port of the range for one container port. Here a range means all its ports (DESIGN, section
    // 3).
    expect(publish(['0.0.0.0:8081-8082:80']).published).toEqual(['0.0.0.0:8081/tcp', '0.0.0.0:8082/tcp'])
  })
})

describe('V10: what is not a port', () => {
  test.each([
    ['80:80/tcpp', 'expected the protocol tcp, udp or sctp, found "tcpp"'],
    ['0-8080:80', 'host port 0 does not exist'],
    ['8080-0:80', 'host port 0 does not exist'],
    ['8081-8080:80', 'the range 8081-8080 runs backwards'],
  ])('%s: %s', (text, message) => {
    expect(() => parsePortMapping(text)).toThrow(message)
  })
})

describe('V10: ip_local_reserved_ports', () => {
  test.each<[string, string, readonly number[]]>([
    ['single ports', '49153,49155', [49154, 49156]],
    ['a range', '49153-49160', [49161, 49162]],
    ['both, as the kernel prints them', '8080,9148,30000-32767,49153-49155,49158', [49156, 49157, 49159]],
    ['nothing', '', [49153, 49154]],
    ['nothing, and a line feed', '\n', [49153, 49154]],
  ])('of %s are passed over: %j leaves %j', (_, reserved, expected) => {
    const { published } = publish(
      expected.map(() => mappingIntent('0.0.0.0::80')),
      { facts: range(begin, end, reserved) },
    )
    expect(published).toEqual(expected.map((port) => `0.0.0.0:${port}/tcp`))
  })

  test('of the whole range leave no automatic port', () => {
    const facts = range(begin, end, `${begin}-${end}`)
    expect(() => publish([mappingIntent('0.0.0.0::80')], { facts })).toThrow(
      expect.objectContaining({ code: 'PORTS_EXHAUSTED' }),
    )
  })

  test('say nothing about a port or a range that is named', () => {
    const facts = range(begin, end, '8080-8090')
    expect(publish(['0.0.0.0:8080:80', '0.0.0.0:8081-8082:80'], { facts })).toEqual({
      published: ['0.0.0.0:8080/tcp', '0.0.0.0:8081/tcp', '0.0.0.0:8082/tcp'],
      refused: [],
    })
  })

  // Docker uses 49153 to 65535 when it cannot read the sysctl. The kernel's default is 32768 to 60999, and a port
  // outside it may be the configured port of a service.
  test('and ip_local_port_range unknown: the range the kernel has unless told otherwise', () => {
    expect(publish([mappingIntent('0.0.0.0::80')]).published).toEqual(['0.0.0.0:32768/tcp'])
  })
})
