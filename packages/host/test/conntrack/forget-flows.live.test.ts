import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

const forget = (flows: object): string =>
  `import { forgetFlows } from '@portolan/host'; report(await forgetFlows([${JSON.stringify(flows)}]).catch((error) => error.name))`

describeLive('forgetFlows', () => {
  let host: Namespace
  beforeAll(async () => {
    host = makeNamespace()
    host.sh(`
      ip link add br0 type bridge
      ip addr add 172.17.0.2/16 dev br0
      ip -6 addr add fd00::2/64 dev br0 nodad
      ip link set br0 up
      ip link add va type veth peer name vb
      ip link set va master br0 up
      ip link set vb up
      ip addr add 192.0.2.1/24 dev lo
      ip -6 addr add fd00:9::1/64 dev lo nodad
      nft 'table inet t {
        chain o { type nat hook output priority -105;
          meta nfproto ipv4 udp dport 5353 dnat ip to 172.17.0.2:53;
          meta nfproto ipv4 udp dport 5354 dnat ip to 172.17.0.2:53;
          meta nfproto ipv6 udp dport 5353 dnat ip6 to [fd00::2]:53; }; }'
      # On a busy machine the tests below take longer than the 30 s that the kernel keeps a flow of one packet.
      sysctl -qw net.netfilter.nf_conntrack_udp_timeout=600`)
    await host.node(`
      import { createSocket } from 'node:dgram'
      // Open until all are sent: the kernel would give the port of a closed one again, and two packets were one flow.
      const sockets = []
      const send = (type, port, address) => new Promise((resolve) => {
        const socket = createSocket(type); sockets.push(socket); socket.send('x', port, address, resolve) })
      for (let n = 0; n < 20; n += 1) await send('udp4', 5353, '192.0.2.1')
      for (let n = 0; n < 3; n += 1) await send('udp4', 5353, '127.0.0.1')
      await send('udp4', 5354, '192.0.2.1')
      await send('udp4', 53, '172.17.0.2')
      await send('udp4', 7777, '192.0.2.1')
      await send('udp4', 8888, '172.17.0.9')
      await send('udp6', 5353, 'fd00:9::1')
      for (const socket of sockets) socket.close()
      report()`)
  })
  afterAll(() => host.remove())

  const mapping = {
    family: 'ip',
    protocol: 'udp',
    hostAddress: null,
    hostPort: 5353,
    address: '172.17.0.2',
    port: 53,
  }
  const forgotten = (flows: object) => host.node(forget({ ...mapping, ...flows }))

  test('flows of another target, port or protocol are not of the mapping', async () => {
    expect(await forgotten({ address: '172.17.0.3' })).toBe(0)
    expect(await forgotten({ port: 54 })).toBe(0)
    expect(await forgotten({ protocol: 'tcp' })).toBe(0)
  })

  test('a flow that was never translated is left, even to the very port', async () => {
    expect(await forgotten({ hostPort: 53 })).toBe(0)
    expect(await forgotten({ hostPort: 7777, address: '192.0.2.1', port: 7777 })).toBe(0)
  })

  test('a mapping bound to one host address has only the flows sent to it', async () => {
    expect(await forgotten({ hostAddress: '127.0.0.1' })).toBe(3)
  })

  const untranslated = (flows: object) =>
    host.node(
      `import { forgetUntranslated } from '@portolan/host'; report(await forgetUntranslated([${JSON.stringify({ family: 'ip', protocol: 'udp', hostAddress: null, hostPort: 7777, ...flows })}]))`,
    )

  test('flows to a port of the host that were never translated go when it is published, and only those', async () => {
    // Translated flows to 5353, and a flow to port 53 of an address that the host has by its bridge.
    expect(await untranslated({ hostPort: 5353 })).toBe(0)
    expect(await untranslated({ protocol: 'tcp' })).toBe(0)
    expect(await untranslated({ family: 'ip6' })).toBe(0)
    expect(await untranslated({ hostAddress: '127.0.0.1' })).toBe(0)
    // Port 8888 was asked at another host, whose answer is still to come.
    expect(await untranslated({ hostPort: 8888 })).toBe(0)
    expect(await untranslated({})).toBe(1)
    expect(await untranslated({})).toBe(0)
  })

  test('requests made together are answered by one listing, each for its own flows', async () => {
    const counts = await host.node(`
      import { createSocket } from 'node:dgram'
      import { openConntrack } from '@portolan/host'
      const sockets = [7001, 7002, 7002].map((port) => ({ port, socket: createSocket('udp4') }))
      for (const { port, socket } of sockets)
        await new Promise((resolve) => socket.send('x', port, '192.0.2.1', resolve))
      for (const { socket } of sockets) socket.close()
      const conntrack = openConntrack()
      const of = (hostPort) => conntrack.forgetUntranslated([{ family: 'ip', protocol: 'udp', hostAddress: null, hostPort }])
      report(await Promise.all([of(7001), of(7002), of(7003)]))
      conntrack.close()`)
    expect(counts).toEqual([1, 2, 0])
  })

  test('all the rest of the mapping goes at once, in each family', async () => {
    expect(await forgotten({})).toBe(20)
    expect(await forgotten({})).toBe(0)
    expect(await forgotten({ family: 'ip6', address: 'fd00:0::2' })).toBe(1)
  })

  test('the flows of other mappings and of none are still there', async () => {
    expect(await forgotten({ hostPort: 5354 })).toBe(1)
  })

  test('without the capability the error says so', async () => {
    expect(await host.node(forget(mapping), 'ordinary user')).toBe('PermissionError')
  })
})
