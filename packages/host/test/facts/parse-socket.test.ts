import { describe, expect, test } from '@jest/globals'
import { eachMessage } from '@portolan/core/netlink'
import { parseAddress } from '../../src/address/address-bytes.ts'
import { parseSocket, type SocketRecord } from '../../src/facts/read-sockets.ts'
import { attribute, attributeU8, concatenate } from '../../src/netlink/attribute.ts'
import { message } from '../../src/netlink/message.ts'

interface Given {
  readonly family: number
  readonly address: string
  readonly port: number
  readonly index?: number
}

/** struct inet_diag_msg, as net/ipv4/inet_diag.c fills it. */
const diagnosis = ({ family, address, port, index = 0 }: Given, ...attributes: Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(72)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, family)
  view.setUint16(4, port)
  bytes.set(parseAddress(address).bytes, 8)
  view.setUint32(40, index, true)
  view.setUint32(68, 4711, true)
  return concatenate([bytes, ...attributes])
}

const read = (protocol: 'tcp' | 'sctp', body: Uint8Array): SocketRecord[] => {
  const found: SocketRecord[] = []
  eachMessage(message(20, 0, 1, body), (part) =>
    parseSocket(part, protocol, (index) => (index === 3 ? 'eth0' : null), found),
  )
  return found
}

describe('parseSocket', () => {
  test('a socket bound to an interface names it, by number when it is not listed', () => {
    const facts = [3, 9].map(
      (index) => read('tcp', diagnosis({ family: 2, address: '0.0.0.0', port: 22, index }))[0],
    )
    expect(facts).toEqual([
      { inode: 4711, fact: { protocol: 'tcp', address: '0.0.0.0', port: 22, interface: 'eth0' } },
      { inode: 4711, fact: { protocol: 'tcp', address: '0.0.0.0', port: 22, interface: '#9' } },
    ])
  })

  test('an IPv6 socket says whether it takes IPv4 clients', () => {
    const v6only = [0, 1].map(
      (flag) =>
        read('tcp', diagnosis({ family: 10, address: '::', port: 80 }, attributeU8(11, flag)))[0]?.fact
          .v6only,
    )
    expect(v6only).toEqual([false, true])
  })

  test('a mapped address is an IPv4 address', () => {
    expect(read('tcp', diagnosis({ family: 10, address: '::ffff:192.0.2.1', port: 80 }))[0]?.fact).toEqual({
      protocol: 'tcp',
      address: '192.0.2.1',
      port: 80,
    })
  })

  test('an SCTP socket with several addresses is a fact for each', () => {
    const locals = new Uint8Array(256)
    const view = new DataView(locals.buffer)
    view.setUint16(0, 2, true)
    locals.set([192, 0, 2, 1], 4)
    view.setUint16(128, 10, true)
    locals.set(parseAddress('fd00::1').bytes, 136)
    const found = read('sctp', diagnosis({ family: 10, address: '::', port: 5000 }, attribute(12, locals)))
    expect(found.map(({ fact }) => fact.address)).toEqual(['192.0.2.1', 'fd00::1'])
  })

  test('a socket without a port is not bound', () => {
    expect(read('tcp', diagnosis({ family: 2, address: '0.0.0.0', port: 0 }))).toEqual([])
  })
})
