import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

describeLive('openFlowMeter', () => {
  let host: Namespace
  beforeAll(() => {
    host = makeNamespace()
    host.sh(`
      ip addr add 192.0.2.1/24 dev lo
      ip addr add 172.18.0.5/16 dev lo
      nft 'table inet t {
        chain o { type nat hook output priority -105;
          meta nfproto ipv4 udp dport 5353 dnat ip to 172.18.0.5:53; }; }'
      # On a busy machine the test below takes longer than the 30 s that the kernel keeps a flow of one packet.
      sysctl -qw net.netfilter.nf_conntrack_acct=1 net.netfilter.nf_conntrack_udp_timeout=600`)
  })
  afterAll(() => host.remove())

  test('counts flows, what they sent, and what those sent that have ended', async () => {
    const sums = await host.node(`
      import { createSocket } from 'node:dgram'
      import { setTimeout } from 'node:timers/promises'
      import { openFlowMeter, forgetFlows } from '@portolan/host'
      const socket = { family: 'ip', protocol: 'udp', hostAddress: null, hostPort: 5353, targets: [{ address: '172.18.0.5', port: 53 }] }
      const mapping = { family: 'ip', protocol: 'udp', hostAddress: null, hostPort: 5353, address: '172.18.0.5', port: 53 }
      const sender = createSocket('udp4')
      const send = () => new Promise((resolve) => sender.send('four', 5353, '192.0.2.1', resolve))
      const meter = openFlowMeter()
      const read = async () => {
        const [{ open, connections, packets, bytes }] = await meter.read([socket])
        return [open.connections, connections, packets, bytes]
      }
      const sums = []
      await send()
      sums.push(await read())
      await send()
      await send()
      sums.push(await read())
      await forgetFlows([mapping])
      sums.push(await read())
      await send()
      sums.push(await read())
      sender.close()
      meter.close()
      report(sums)`)
    expect(sums).toEqual([
      [1, 1, 1, 32],
      [1, 1, 3, 96],
      [0, 1, 3, 96],
      [1, 2, 4, 128],
    ])
  })

  test('an ordinary user may not look', async () => {
    const open = `import { openFlowMeter } from '@portolan/host'
      report(await openFlowMeter().read([{ family: 'ip', protocol: 'tcp', hostAddress: null, hostPort: 1, targets: [] }]).catch((error) => error.name))`
    expect(await host.node(open, 'ordinary user')).toBe('PermissionError')
  })
})
