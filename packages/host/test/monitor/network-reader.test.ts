import { describe, expect, test } from '@jest/globals'
import { ByteWriter, eachMessage } from '@portolan/core/netlink'
import { openNetworkReader } from '../../src/monitor/network-reader.ts'
import type { Notice } from '../../src/monitor/notice.ts'

interface LinkMessage {
  readonly type?: number
  readonly family?: number
  readonly index?: number
  readonly name?: string
  readonly up?: boolean
  readonly master?: number
  readonly carrier?: number
  /** IFLA_PROTINFO: of a bridge's own message about a port. */
  readonly hairpin?: boolean
}

const linkMessage = (link: LinkMessage): Uint8Array => {
  const writer = new ByteWriter()
  const attribute = (type: number, value: number): void => writer.attribute(type, () => writer.u32(value))
  writer.message(link.type ?? 16, 0, 0, () => {
    writer.u8(link.family ?? 0)
    writer.u8(0)
    writer.u16(1)
    writer.u32(link.index ?? 4)
    writer.u32(link.up === true ? 1 : 0)
    writer.u32(0)
    writer.attribute(3, () => writer.utf8(`${link.name ?? 'v-web'}\0`))
    if (link.master !== undefined) attribute(10, link.master)
    attribute(33, link.carrier ?? 1)
    if (link.hairpin !== undefined)
      writer.attribute(12 | 0x8000, () => writer.attribute(4, () => writer.u8(link.hairpin === true ? 1 : 0)))
  })
  return writer.bytes()
}

/** @param address - IFA_ADDRESS: the address itself, or its peer */
const addressMessage = (type: number, preferredSeconds: number, address = [10, 9, 0, 1]): Uint8Array => {
  const writer = new ByteWriter()
  writer.message(type, 0, 0, () => {
    for (const byte of [2, 24, 0, 0]) writer.u8(byte)
    writer.u32(4)
    writer.attribute(1, () => writer.raw(Uint8Array.from(address)))
    writer.attribute(2, () => writer.raw(Uint8Array.of(10, 9, 0, 1)))
    writer.attribute(6, () => {
      for (const value of [preferredSeconds, 3600, 0, 0]) writer.u32(value)
    })
  })
  return writer.bytes()
}

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

/** What the last of some messages is told as. */
const lastOf = (...messages: readonly Uint8Array[]): readonly Notice[] => {
  const reader = openNetworkReader()
  let last: readonly Notice[] = []
  for (const bytes of messages)
    eachMessage(bytes, (part) => {
      last = reader.take(part)
    })
  return last
}

const bridge = linkMessage({ index: 2, name: 'br-web' })
const port = { master: 2, up: true }
const fact = {
  name: 'v-web',
  index: 4,
  up: true,
  kind: 'ether',
  alias: '',
  master: 'br-web',
  addresses: [],
}

describe('links', () => {
  test('one that was not known is new, with the name of its bridge', () => {
    expect(lastOf(bridge, linkMessage(port))).toEqual([{ kind: 'link', action: 'new', link: fact }])
  })

  test('a message that changes no fact is not told', () => {
    expect(lastOf(bridge, linkMessage(port), linkMessage({ ...port, carrier: 0 }))).toEqual([])
  })

  test('one that goes down is changed', () => {
    expect(lastOf(bridge, linkMessage(port), linkMessage({ ...port, up: false }))).toEqual([
      { kind: 'link', action: 'changed', link: { ...fact, up: false } },
    ])
  })

  test('a port whose bridge alone tells of its hairpin mode keeps its other facts', () => {
    expect(
      lastOf(bridge, linkMessage(port), linkMessage({ family: 7, index: 4, master: 2, hairpin: true })),
    ).toEqual([{ kind: 'link', action: 'changed', link: { ...fact, hairpin: true } }])
  })

  test('a port that leaves its bridge is not gone', () => {
    expect(lastOf(bridge, linkMessage(port), linkMessage({ type: 17, family: 7, master: 2 }))).toEqual([])
    expect(lastOf(bridge, linkMessage(port), linkMessage({ up: true }))).toEqual([
      { kind: 'link', action: 'changed', link: { ...fact, master: null } },
    ])
  })

  test('one that is gone is told with the facts it had, and its number may be used again', () => {
    const gone = linkMessage({ type: 17 })
    expect(lastOf(bridge, linkMessage(port), gone)).toEqual([{ kind: 'link', action: 'removed', link: fact }])
    expect(lastOf(bridge, linkMessage(port), gone, linkMessage(port))).toEqual([
      { kind: 'link', action: 'new', link: fact },
    ])
  })
})

describe('addresses', () => {
  const link = linkMessage({})
  const told = { kind: 'address', interface: 'v-web', address: '10.9.0.1/24' }

  test('are told with the name of their interface, and belong to its facts then', () => {
    expect(lastOf(link, addressMessage(20, 100))).toEqual([{ ...told, action: 'new' }])
    expect(lastOf(link, addressMessage(20, 100), linkMessage({ up: true }))).toMatchObject([
      { kind: 'link', link: { addresses: ['10.9.0.1/24'] } },
    ])
  })

  test('belong to the facts of their interface with their peers, until they go', () => {
    const added = [link, addressMessage(20, 100, [10, 8, 0, 7])]
    expect(lastOf(...added, linkMessage({ up: true }))).toMatchObject([
      { link: { addresses: ['10.9.0.1/32'], peers: [{ address: '10.9.0.1', peer: '10.8.0.7/24' }] } },
    ])
    const [notice] = lastOf(...added, addressMessage(21, 0, [10, 8, 0, 7]), linkMessage({ up: true }))
    expect(notice).toMatchObject({ kind: 'link', link: { addresses: [] } })
    expect(notice).not.toHaveProperty('link.peers')
  })

  test('are not told again when only their lifetime changes', () => {
    expect(lastOf(link, addressMessage(20, 100), addressMessage(20, 200))).toEqual([])
  })

  test('are told when they go', () => {
    expect(lastOf(link, addressMessage(20, 100), addressMessage(21, 0))).toEqual([
      { ...told, action: 'removed' },
    ])
  })
})

describe('sysctls, as Linux 6.18 tells them', () => {
  const netconf = (text: string): readonly Notice[] =>
    lastOf(linkMessage({ index: 2, name: 'eth0.5' }), hex(text.replaceAll(/\s/g, '')))

  test.each([
    [
      'ip_forward',
      '240000005000000000000000000000000200000008000100ffffffff0800020001000000',
      ['ip', 'all', 'net.ipv4.conf.all.forwarding', '1'],
    ],
    [
      'forwarding of new interfaces',
      '240000005000000000000000000000000200000008000100feffffff0800020000000000',
      ['ip', 'default', 'net.ipv4.conf.default.forwarding', '0'],
    ],
    [
      'rp_filter of an interface',
      '240000005000000000000000000000000200000008000100020000000800030001000000',
      ['ip', 'eth0.5', 'net.ipv4.conf.eth0/5.rp_filter', '1'],
    ],
    [
      'forwarding of IPv6',
      '240000005000000000000000000000000a00000008000100020000000800020000000000',
      ['ip6', 'eth0.5', 'net.ipv6.conf.eth0/5.forwarding', '0'],
    ],
    [
      'force_forwarding, without its value',
      '1c0000005000000000000000000000000a00000008000100ffffffff',
      ['ip6', 'all', 'net.ipv6.conf.all.force_forwarding', null],
    ],
  ])('%s', (_what, text, [family, link, name, value]) => {
    expect(netconf(text)).toEqual([{ kind: 'sysctl', family, interface: link, name, value }])
  })

  test('those of an interface that is not known yet are not told: the interface is', () => {
    expect(netconf('240000005000000000000000000000000200000008000100090000000800020001000000')).toEqual([])
  })
})

test('routes and rules of multicast routing are not told', () => {
  const writer = new ByteWriter()
  writer.message(24, 0, 0, () => {
    writer.u8(128)
    for (let at = 0; at < 11; at += 1) writer.u8(0)
  })
  expect(lastOf(writer.bytes())).toEqual([])
})
