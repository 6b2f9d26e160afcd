import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { buildFrame } from '../lab/frame.ts'
import { type Lab, openLab } from '../lab/lab.ts'
import { createMachine, type Machine } from '../lab/machine.ts'
import { takeSnapshot } from '../lab/snapshot.ts'
import { addresses } from '../lab/topology.ts'
import { until } from '../lab/until.ts'

// The lab is tested with hand-written rules, so that the test does not depend on Portolan's compilers.
const rules = `
table inet hand {
  chain pre { type nat hook prerouting priority -105
    fib daddr type local meta l4proto { tcp, udp, sctp } th dport 8080 dnat ip to 172.17.0.2:80
    fib daddr type local meta l4proto { tcp, udp, sctp } th dport 8080 dnat ip6 to [fd00:17::2]:80
  }
  chain out { type nat hook output priority -105
    fib daddr type local meta l4proto { tcp, udp, sctp } th dport 8080 dnat ip to 172.17.0.2:80
    ip6 daddr != ::1 fib daddr type local meta l4proto { tcp, udp, sctp } th dport 8080 dnat ip6 to [fd00:17::2]:80
  }
  chain martians { type filter hook prerouting priority -150
    iifname != "lo" ip saddr 127.0.0.0/8 drop
    iifname != "lo" ip daddr 127.0.0.0/8 drop
  }
  chain forward { type filter hook forward priority 0
    oifname "br-hand" ct state established,related accept
    oifname "br-hand" ct status dnat accept
    oifname "br-hand" iifname "br-hand" accept
    oifname "br-hand" drop
  }
  chain post { type nat hook postrouting priority 95
    oifname "br-hand" ip saddr 172.17.0.0/16 ct status dnat snat ip to 172.17.0.1
    oifname "br-hand" ip6 saddr fd00:17::/64 ct status dnat snat ip6 to fd00:17::1
    oifname "br-hand" ip saddr 127.0.0.0/8 snat ip to 172.17.0.1
    oifname != "br-hand" ip saddr 172.17.0.0/16 masquerade
    oifname != "br-hand" ip6 saddr fd00:17::/64 masquerade
  }
}`

describe('IPv6 addresses of a machine', () => {
  let machine: Machine

  beforeAll(async () => {
    machine = await createMachine('late')
  })
  afterAll(() => machine[Symbol.asyncDispose]())

  test('are in the local table once the command that adds them has ended', async () => {
    await machine.ip('link add wire0 type veth peer name wire1', 'link set wire1 up')
    for (let at = 1; at <= 50; at += 1) {
      const lines = ['addr add', 'addr del'].map((word) => `${word} fd00:17::${at}/64 dev wire0`)
      await machine.ip(`${lines[0]} nodad`)
      const found = await machine.mustRun(['ip', '-6', 'route', 'show', 'table', 'local', 'type', 'local'])
      expect(found).toContain(`fd00:17::${at} dev wire0`)
      await machine.ip(`${lines[1]}`)
    }
  })

  test('count as up only once the kernel has the local route for them', async () => {
    await machine.ip('link set wire0 up', 'addr add fd00:18::1/64 dev wire0 nodad')
    // A route that the kernel adds late: it is deleted here, and added again.
    const route = 'local fd00:18::1 dev wire0 table local proto kernel metric 0'
    await machine.ip(`route del ${route}`)
    const order: string[] = []
    const isUp = machine.areUp(['wire0']).then((value) => order.push(`up: ${value}`))
    await machine.ip(`route add ${route}`).then(() => order.push('received'))
    await isUp
    expect(order).toEqual(['received', 'up: true'])
  })
})

describe.each([0, 1] as const)('the lab, with bridge-nf-call-iptables %i', (bridgeNf) => {
  let lab: Lab

  beforeAll(async () => {
    lab = await openLab({ bridgeNf })
    await lab.host.ip(
      'link add br-hand type bridge',
      'link set br-hand up',
      'addr add 172.17.0.1/16 dev br-hand',
      'addr add fd00:17::1/64 dev br-hand nodad',
    )
    await lab.host.setSysctl('net.ipv4.ip_forward', 1)
    await lab.host.setSysctl('net.ipv6.conf.all.forwarding', 1)
    await lab.host.setSysctl('net.ipv4.conf.br-hand.route_localnet', 1)
    await lab.host.mustRun(['nft', '-f', '-'], { input: rules })
    for (const [name, number] of [
      ['nginx', 2],
      ['sibling', 3],
    ] as const) {
      await lab.container({
        name,
        bridge: 'br-hand',
        address: `172.17.0.${number}/16`,
        address6: `fd00:17::${number}/64`,
        gateway: '172.17.0.1',
        gateway6: 'fd00:17::1',
        hairpin: true,
        services: [
          { protocol: 'tcp', port: 80 },
          { protocol: 'udp', port: 80 },
          { protocol: 'sctp', port: 80 },
        ],
      })
    }
  })
  afterAll(() => lab[Symbol.asyncDispose]())

  test('a snapshot has the final state of links, which the kernel reports up to a second later', async () => {
    await lab.host.ip(
      'link add br-late type bridge',
      'link add late0 type veth peer name late1',
      'link set br-late up',
      'link set late1 up',
      'link set late0 master br-late up',
    )
    const stateOf = async (): Promise<string | undefined> =>
      fromJson<
        readonly {
          readonly ifname: string
          readonly operstate: string
        }[]
      >((await takeSnapshot(lab.host)).links ?? '').find(({ ifname }) => ifname === 'br-late')?.operstate
    expect(await stateOf()).toBe('UP')
    await lab.host.ip('link set late0 nomaster')
    expect(await stateOf()).toBe('DOWN')
    await lab.host.ip('link del late0', 'link del br-late')
  })

  describe.each(['ip', 'ip6'] as const)('in family %s', (family) => {
    const at = addresses[family]
    const container = family === 'ip' ? '172.17.0.2' : 'fd00:17::2'
    const gateway = family === 'ip' ? '172.17.0.1' : 'fd00:17::1'

    test.each(['tcp', 'udp', 'sctp'] as const)('a client reaches the container over %s', async (protocol) => {
      const seen = await lab.client.probe({ protocol, destination: at.host, port: 8080, timeoutMs: 2000 })
      expect(seen).toMatchObject({ delivered: true, by: 'nginx', source: at.client, at: container, port: 80 })
    })

    test.each(['tcp', 'udp', 'sctp'] as const)(
      '%s from the host, the container itself and a sibling reaches the published port',
      async (protocol) => {
        const from = (name: string) => lab.containers.get(name) ?? lab.host
        const ask = (name: string) =>
          from(name).probe({ protocol, destination: at.host, port: 8080, timeoutMs: 2000 })
        const [host, self, sibling] = await Promise.all([ask('host'), ask('nginx'), ask('sibling')])
        expect(host).toMatchObject({ delivered: true, by: 'nginx' })
        expect(self).toMatchObject({ delivered: true, by: 'nginx', source: gateway })
        expect(sibling).toMatchObject({ delivered: true, by: 'nginx', source: gateway })
      },
    )

    test('a probe of an unpublished port times out, and none of its packets arrives', async () => {
      const nginx = lab.containers.get('nginx')
      await nginx?.arrivals({ clear: true })
      const seen = await lab.neighbour.probe({
        protocol: 'tcp',
        destination: container,
        port: 80,
        sourcePort: 19_000,
      })
      expect(seen).toMatchObject({ delivered: false, how: 'timeout' })
      expect((await nginx?.arrivals())?.filter((packet) => packet.sourcePort === 19_000)).toEqual([])
    })

    test.each([
      ['tcp', {}],
      ['udp', {}],
      ['sctp', {}],
      ['tcp', { timeoutMs: 200 }],
    ] as const)(
      'a probe waits for the answer of a machine that is stopped for longer than the silence, over %s, %j',
      async (protocol, silence) => {
        const nginx = lab.containers.get('nginx')
        if (nginx === undefined) throw new Error('there is no nginx')
        process.kill(nginx.pid, 'SIGSTOP')
        const goesOn = setTimeout(700).then(() => process.kill(nginx.pid, 'SIGCONT'))
        const seen = await lab.client.probe({ protocol, destination: at.host, port: 8080, ...silence })
        await goesOn
        expect(seen).toMatchObject({ delivered: true, by: 'nginx' })
      },
    )

    test('a port of the host where no program listens is refused', async () => {
      const seen = await lab.client.probe({
        protocol: 'tcp',
        destination: at.host,
        port: 81,
        timeoutMs: 2000,
      })
      expect(seen).toMatchObject({ delivered: false, how: 'refused' })
    })

    test('a datagram to ::1 that is translated to another address of the host is answered', async () => {
      await lab.host.mustRun(['nft', '-f', '-'], {
        input:
          'table ip6 loop { chain out { type nat hook output priority -110; ip6 daddr ::1 udp dport 9099 dnat to fd00:17::1; }; }',
      })
      await lab.host.listen({ protocol: 'udp', port: 9099 })
      expect(await lab.host.reach({ protocol: 'udp', destination: '::1', port: 9099 })).toMatchObject({
        delivered: true,
        by: 'host',
        source: '::1',
        at: 'fd00:17::1',
      })
      await lab.host.mustRun(['nft', 'delete', 'table', 'ip6', 'loop'])
    })

    test('packets of a container leave with an address of the host as source', async () => {
      await lab.outside.listen({ protocol: 'tcp', port: 7000, addresses: [at.outside] })
      const seen = await lab.containers
        .get('nginx')
        ?.probe({ protocol: 'tcp', destination: at.outside, port: 7000, timeoutMs: 2000 })
      expect(seen).toMatchObject({ delivered: true, by: 'outside', source: at.hostOutside })
    })

    test('a ping of the client reaches the outside', async () => {
      const seen = await lab.client.probe({
        protocol: 'icmp',
        destination: at.outside,
        port: 0,
        timeoutMs: 2000,
      })
      expect(seen).toMatchObject({ delivered: true })
    })

    test('a large answer passes the link with a small MTU, because the ICMP error reaches the sender', async () => {
      await lab.containers.get('nginx')?.listen({
        protocol: 'tcp',
        port: family === 'ip' ? 7001 : 7002,
        payloadBytes: 100_000,
        addresses: [container],
      })
      await lab.host.mustRun([
        'nft',
        'insert',
        'rule',
        'inet',
        'hand',
        'forward',
        'tcp dport 7000-7010 accept',
      ])
      const seen = await lab.distant.probe({
        protocol: 'tcp',
        destination: container,
        port: family === 'ip' ? 7001 : 7002,
        expectBytes: 100_000,
        timeoutMs: 20_000,
      })
      expect(seen).toMatchObject({ delivered: true, by: 'nginx' })
      const arrivals = await lab.containers.get('nginx')?.arrivals()
      const tooBig = family === 'ip' ? { type: 3, code: 4 } : { type: 2, code: 0 }
      expect(arrivals).toContainEqual(expect.objectContaining({ protocol: 'icmp', ...tooBig }))
    })
  })

  test('a frame with a loopback source arrives at the host as it was sent, and goes no further', async () => {
    const mac = async (machine: Lab['host']) => {
      const [link] = fromJson<[{ address: string }]>(
        await machine.mustRun(['ip', '-j', 'link', 'show', 'eth0']),
      )
      return link.address
    }
    const [destinationMac, sourceMac] = [await mac(lab.host), await mac(lab.client)]
    const send = (source: string, sourcePort: number): Promise<void> =>
      lab.client.sendFrame(
        'eth0',
        buildFrame({
          ...{ destinationMac, sourceMac, protocol: 'udp', source, sourcePort },
          ...{ destination: addresses.ip.host, port: 8080 },
        }),
      )
    const arrivalAt = (machine: Machine, fromPort: number) =>
      until(
        `a frame from port ${fromPort}`,
        async () => (await machine.arrivals()).find(({ sourcePort }) => sourcePort === fromPort),
        { shows: () => machine.arrivals() },
      )
    await send('127.0.0.1', 19_001)
    expect(await arrivalAt(lab.host, 19_001)).toMatchObject({
      ...{ protocol: 'udp', source: '127.0.0.1', port: 8080 },
    })
    // The second frame takes the same way to the container. Once it is there, the first one does not come any more.
    await send(addresses.ip.client, 19_002)
    const nginx = lab.containers.get('nginx')
    if (nginx === undefined) throw new Error('there is no nginx')
    await arrivalAt(nginx, 19_002)
    expect((await nginx.arrivals()).filter(({ sourcePort }) => sourcePort === 19_001)).toEqual([])
  })
})
