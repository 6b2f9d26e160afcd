import { describe, expect, test } from '@jest/globals'
import { effectiveSysctl, hostSysctls, linkSysctlNames } from '../../src/facts/sysctls.ts'
import { evaluate, type HostFacts, type Packet } from '../../src/index.ts'
import { facts, fromLan } from '../evaluate/model.ts'

/** Facts that record the name of every sysctl that is read. */
const watched = (asked: Set<string>): HostFacts => ({
  ...facts,
  sysctls: new Proxy<Record<string, string>>(
    {},
    {
      get: (_, name) => void asked.add(String(name)),
      getOwnPropertyDescriptor: (_, name) => void asked.add(String(name)),
      has: (_, name) => asked.add(String(name)) === null,
    },
  ),
})

const packets: readonly Packet[] = [
  fromLan,
  { ...fromLan, destination: '172.17.0.2' },
  { ...fromLan, source: '198.51.100.2' },
  { ...fromLan, destination: '127.0.0.1' },
  { ...fromLan, in: 'br-web', source: '172.17.0.2', destination: '172.17.0.3' },
  { ...fromLan, in: null, source: null, destination: '172.17.0.2' },
  { ...fromLan, family: 'ip6', source: '2001:db8:1::9', destination: 'fd00:17::2' },
  {
    ...fromLan,
    family: 'ip6',
    in: 'br-web',
    source: 'fd00:17::2',
    destination: 'fd00:17::3',
  },
]

describe('the sysctls that are read from a host', () => {
  const read = new Set<string>([
    ...hostSysctls,
    ...['all', 'default', ...(facts.interfaces ?? []).map(({ name = '' }) => name)].flatMap((link) => [
      ...linkSysctlNames('ipv4', link),
      ...linkSysctlNames('ipv6', link),
    ]),
  ])
  const asked = new Set<string>()
  for (const packet of packets) evaluate(packet, watched(asked), [])

  test('are all that the evaluator asks for', () => {
    expect([...asked].filter((name) => !read.has(name))).toEqual([])
  })

  test('hold what the evaluator is known to ask for', () => {
    expect([...asked]).toEqual(
      expect.arrayContaining([
        'net.ipv4.conf.eth0.accept_local',
        'net.ipv4.conf.all.accept_local',
        'net.ipv4.conf.eth0.rp_filter',
        'net.ipv4.conf.default.rp_filter',
        'net.ipv4.conf.eth0.route_localnet',
        'net.ipv4.conf.eth0.src_valid_mark',
        'net.ipv4.conf.eth0.forwarding',
        'net.ipv6.conf.eth0.disable_ipv6',
        'net.ipv6.conf.all.forwarding',
        'net.bridge.bridge-nf-call-iptables',
        'net.bridge.bridge-nf-call-ip6tables',
      ]),
    )
  })
})

describe('the value that the kernel goes by', () => {
  const value = (
    key: 'accept_local' | 'forwarding' | 'rp_filter',
    values: Readonly<Record<string, string>>,
  ): number | null =>
    effectiveSysctl(
      Object.fromEntries(
        Object.entries(values).map(([link, text]) => [`net.ipv4.conf.${link}.${key}`, text]),
      ),
      'ipv4',
      'br.web',
      key,
    )

  test('is the greater of the interface’s and all’s for rp_filter', () => {
    expect(value('rp_filter', { all: '1', 'br/web': '2' })).toBe(2)
    expect(value('rp_filter', { all: '1', 'br/web': '0' })).toBe(1)
    expect(value('rp_filter', { all: '0', 'br/web': '1' })).toBe(1)
  })

  test('is on for accept_local where either is on', () => {
    expect(value('accept_local', { all: '1', 'br/web': '0' })).toBe(1)
    expect(value('accept_local', { all: '0', 'br/web': '1' })).toBe(1)
    expect(value('accept_local', { all: '0', 'br/web': '0' })).toBe(0)
  })

  test('is the interface’s alone for forwarding', () => {
    expect(value('forwarding', { all: '1', 'br/web': '0' })).toBe(0)
    expect(value('forwarding', { all: '0', 'br/web': '1' })).toBe(1)
  })

  test('begins with default’s on an interface that is still to be made', () => {
    expect(value('rp_filter', { all: '0', default: '1' })).toBe(1)
    expect(value('rp_filter', { all: '0', default: '1', 'br/web': '0' })).toBe(0)
    expect(value('forwarding', { all: '0', default: '1' })).toBe(1)
  })

  test('is not known where nothing says it', () => {
    expect(value('rp_filter', {})).toBeNull()
  })
})
