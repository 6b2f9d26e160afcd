import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import { fromJson } from '../../../../test/from-json.ts'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

const read = `import { readHost } from '@portolan/host'; report(await readHost())`
/** Without the files of other engines, some of which an ordinary user may not read. */
const readKernel = read.replace('readHost())', "readHost({ root: '/nowhere' }))")

describeLive('readHost', () => {
  let host: Namespace
  beforeAll(() => {
    host = makeNamespace()
    host.sh(`
      sysctl -qw net.ipv6.conf.default.accept_dad=0
      ip link add br0 type bridge nf_call_iptables 1
      ip link set br0 alias 'portolan project=a network=b' up mtu 1400
      ip link add va type veth peer name vb
      ip link set va master br0 up
      ip link set va type bridge_slave hairpin on isolated on
      ip link set vb up
      ip link add vb.100 type veth peer name vc
      ip addr add 192.0.2.2/24 dev vb
      ip addr add 10.5.0.1 peer 10.6.0.0/24 dev vb
      ip -6 addr add fd00:7::2/64 dev vb nodad
      ip route add 10.8.0.0/24 dev vb table 51820
      ip route add blackhole 10.10.0.0/16
      ip route add default via 192.0.2.1 metric 50
      ip route add 10.11.0.0/16 nexthop via 192.0.2.7 dev vb nexthop via 192.0.2.8 dev vb
      ip -6 route add default via fd00:7::1
      ip -6 route add unreachable fd00:dead::/32
      # Where all namespaces together have more than 128 neighbours, the kernel forgets those that are stale for a minute.
      echo 36000 > /proc/sys/net/ipv4/neigh/vb/gc_stale_time
      ip neigh add 192.0.2.7 lladdr 02:00:00:00:00:07 dev vb nud stale
      ip neigh add 192.0.2.8 lladdr 02:00:00:00:00:08 dev vb nud failed
      ip -6 neigh add fd00:7::7 lladdr 02:00:00:00:00:07 dev vb nud permanent
      ip rule add pref 5209 not fwmark 0xca6c/0xffff lookup 51820
      ip rule add pref 5210 lookup main suppress_prefixlength 0
      ip rule add pref 5211 from 10.9.0.0/16 iif vb prohibit
      ip -6 rule add pref 99 to fd00:8::/32 ipproto tcp lookup 7
      sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.vb/100.route_localnet=1
      cd /proc/sys/net
      echo 2 > ipv4/conf/vb/rp_filter; echo 0 > ipv4/conf/vb/forwarding
      echo 1 > ipv4/conf/br0/accept_local; echo 1 > ipv4/conf/lo/src_valid_mark
      echo 0 > ipv6/conf/br0/accept_ra; echo 1 > ipv6/conf/va/disable_ipv6; echo 1 > ipv6/conf/vb/forwarding
      if [ -e ipv6/conf/br0/force_forwarding ]; then echo 1 > ipv6/conf/br0/force_forwarding; fi
      # The kernel gives link-local addresses a while after an interface came up: two readings must see the same.
      for link in br0 vb; do
        until ip -6 -o addr show dev "$link" scope link | grep -q .; do sleep 0.05; done
      done`)
  })
  afterAll(() => host.remove())

  test('links come with kind, master, alias and bridge attributes', async () => {
    const { interfaces, unread } = (await host.node(read)) as HostFacts
    const named = (name: string) => interfaces?.find((link) => link.name === name)
    expect(named('br0')).toMatchObject({
      kind: 'bridge',
      up: true,
      master: null,
      mtu: 1400,
      alias: 'portolan project=a network=b',
      nfCallIptables: true,
      nfCallIp6tables: false,
    })
    expect(named('va')).toMatchObject({ kind: 'veth', master: 'br0', hairpin: true, isolated: true })
    expect(named('vb')?.addresses).toEqual(
      expect.arrayContaining(['192.0.2.2/24', '10.5.0.1/32', 'fd00:7::2/64']),
    )
    expect(named('vb')?.peers).toEqual([{ address: '10.5.0.1', peer: '10.6.0.0/24' }])
    expect(named('va')).not.toHaveProperty('peers')
    expect(named('lo')).toMatchObject({ kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] })
    expect(unread).toBeUndefined()
  })

  test('neighbours that have answered come where they are asked for, those that have not do not', async () => {
    const asked = readKernel.replace('root:', 'addressesInUse: true, root:')
    const { neighbours } = (await host.node(asked, 'ordinary user')) as HostFacts
    const stated = (neighbours ?? []).filter(({ state }) => state === 'stale' || state === 'permanent')
    expect(stated).toEqual([
      { address: '192.0.2.7', interface: 'vb', state: 'stale' },
      { address: 'fd00:7::7', interface: 'vb', state: 'permanent' },
    ])
    expect(neighbours?.map(({ address }) => address)).not.toContain('192.0.2.8')
    expect((await host.node(readKernel)) as HostFacts).not.toHaveProperty('neighbours')
  })

  test('routes of every table are those iproute2 shows', async () => {
    const { routes } = (await host.node(read)) as HostFacts
    interface Shown {
      dst: string
      table?: string
      type?: string
      dev?: string
      nexthops?: { dev: string }[]
    }
    const shown = (family: string): Shown[] =>
      fromJson<Shown[]>(host.sh(`ip ${family} -N -j route show table all`))
    const kinds = [
      'unspec',
      'unicast',
      'local',
      'broadcast',
      'anycast',
      'multicast',
      'blackhole',
      'unreachable',
    ]
    const texts = (family: string): string[] =>
      shown(family).flatMap(({ dst, table = '254', type = '1', dev, nexthops }) =>
        (nexthops ?? [{ dev }]).map((hop) => {
          const prefix =
            dst === 'default'
              ? family === '-6'
                ? '::/0'
                : dst
              : dst.includes('/')
                ? dst
                : `${dst}/${family === '-6' ? 128 : 32}`
          return `${prefix} ${table} ${kinds[Number(type)] ?? type} ${hop.dev ?? null}`
        }),
      )
    const found = routes?.map(
      (route) => `${route.destination} ${route.table} ${route.type} ${route.interface}`,
    )
    expect(found?.toSorted()).toEqual([...texts('-4'), ...texts('-6')].toSorted())
  })

  test('gateways, next hops and metrics are kept', async () => {
    const { routes } = (await host.node(read)) as HostFacts
    expect(routes).toEqual(
      expect.arrayContaining([
        {
          destination: 'default',
          gateway: '192.0.2.1',
          interface: 'vb',
          table: 254,
          type: 'unicast',
          scope: 'universe',
          metric: 50,
        },
        expect.objectContaining({ destination: '10.11.0.0/16', gateway: '192.0.2.7' }),
        expect.objectContaining({ destination: '10.11.0.0/16', gateway: '192.0.2.8' }),
        expect.objectContaining({ destination: '10.10.0.0/16', type: 'blackhole', interface: null }),
        expect.objectContaining({ destination: '10.8.0.0/24', table: 51820, scope: 'link' }),
        expect.objectContaining({ destination: '::/0', gateway: 'fd00:7::1' }),
      ]),
    )
  })

  test('policy rules keep what selects them, and name what is not modelled', async () => {
    const { rules } = (await host.node(read)) as HostFacts
    expect(rules).toEqual(
      expect.arrayContaining([
        { family: 'ip', priority: 0, table: 255, action: 'lookup' },
        {
          family: 'ip',
          priority: 5209,
          table: 51820,
          action: 'lookup',
          mark: 0xca6c,
          mask: 0xffff,
          invert: true,
        },
        { family: 'ip', priority: 5210, table: 254, action: 'lookup', suppressPrefixLength: 0 },
        { family: 'ip', priority: 5211, table: 0, action: 'prohibit', from: '10.9.0.0/16', in: 'vb' },
        { family: 'ip6', priority: 99, table: 7, action: 'lookup', to: 'fd00:8::/32', protocol: 6 },
      ]),
    )
  })

  test('listening and bound sockets come with their process; connected ones do not', async () => {
    const { sockets } = (await host.node(`
      import { createServer } from 'node:net'
      import { createSocket } from 'node:dgram'
      import { once } from 'node:events'
      import { readHost } from '@portolan/host'
      const listen = async (options) => { const server = createServer(); server.listen(options); await once(server, 'listening'); return server }
      const bind = async (type, port, address) => { const socket = createSocket(type); socket.bind(port, address); await once(socket, 'listening'); return socket }
      const servers = [await listen({ port: 8080, host: '0.0.0.0' }), await listen({ port: 8081, host: '::', ipv6Only: true }), await listen({ port: 8082, host: '::' })]
      const bound = [await bind('udp4', 5353, '127.0.0.1'), await bind('udp6', 5354, '::ffff:127.0.0.1')]
      const client = createSocket('udp4'); client.connect(5353, '127.0.0.1'); await once(client, 'connect')
      const facts = await readHost()
      for (const socket of [...servers, ...bound, client]) socket.close()
      report(facts)`)) as HostFacts
    const sorted = sockets?.toSorted((a, b) => (a.port ?? 0) - (b.port ?? 0))
    const process = 'node'
    expect(sorted).toEqual([
      { protocol: 'udp', address: '127.0.0.1', port: 5353, process },
      { protocol: 'udp', address: '127.0.0.1', port: 5354, process },
      { protocol: 'tcp', address: '0.0.0.0', port: 8080, process },
      { protocol: 'tcp', address: '::', port: 8081, v6only: true, process },
      { protocol: 'tcp', address: '::', port: 8082, v6only: false, process },
    ])
  })

  test('sysctls are those of this namespace, a dot in an interface name written as a slash', async () => {
    const { sysctls } = (await host.node(read)) as HostFacts
    expect(sysctls).toMatchObject({
      'net.ipv4.ip_forward': '1',
      'net.ipv4.conf.vb/100.route_localnet': '1',
      'net.ipv4.conf.vb.route_localnet': '0',
      'net.ipv4.ip_local_port_range': expect.stringMatching(/^\d+\t\d+$/),
    })
    expect(sysctls).not.toHaveProperty('net.ipv4.conf.nowhere.route_localnet')
  })

  test('each sysctl of an interface that the kernel has is told, with the value of its file', async () => {
    const { sysctls = {} } = (await host.node(read)) as HostFacts
    const told = Object.entries(sysctls).flatMap(([name, value]) => {
      const [, version, link, key] = /^net\.(ipv[46])\.conf\.([^.]+)\.(.*)$/.exec(name) ?? []
      return link === undefined ? [] : [`${version}/conf/${link.replaceAll('/', '.')}/${key}:${value}`]
    })
    // That of the whole host is one of `hostSysctls`.
    const asked =
      'ipv4/conf/{all/accept_redirects,*/{accept_local,forwarding,route_localnet,rp_filter,src_valid_mark}}'
    const asked6 = 'ipv6/conf/*/{accept_ra,disable_ipv6,force_forwarding,forwarding}'
    const files = host.sh(`cd /proc/sys/net; bash -c 'grep -sH . ${asked} ${asked6}'`).trim().split('\n')
    expect(told.sort()).toEqual(files.sort())
  })

  test('a bridge that is made and removed while this reads is never seen by halves', async () => {
    // In the order of an apply: a route stands for a bridge that has its alias, and an address too.
    const seen = await host.node(`
      import { spawn } from 'node:child_process'
      import { readNetworkFacts } from '@portolan/host'
      const make = 'link add busy0 type bridge\\nlink set busy0 alias portolan-busy up\\naddr add 10.77.0.1/16 dev busy0\\n'
      const stay = 'link set lo up\\n'.repeat(50)
      const makeAndRemove = (times) => new Promise((resolve) => {
        const ip = spawn('ip', ['-batch', '-'], { stdio: ['pipe', 'ignore', 'inherit'] })
        ip.once('close', resolve)
        ip.stdin.end((make + stay + 'link del busy0\\n').repeat(times))
      })
      const halves = new Set()
      let whole = 0
      let exitCode = null
      // A reading that has no processor meanwhile sees no bridge: it is made again until one was seen.
      const changing = (async () => {
        do exitCode = await makeAndRemove(150)
        while (exitCode === 0 && whole === 0)
      })()
      let running = true
      changing.finally(() => { running = false })
      while (running) {
        const { interfaces, routes } = await readNetworkFacts()
        const link = interfaces.find(({ name }) => name === 'busy0')
        if (link?.addresses.length > 0) whole += 1
        if (link?.addresses.length > 0 && link.alias !== 'portolan-busy') halves.add('an address without alias')
        for (const { destination, interface: name } of routes) {
          if (!destination.startsWith('10.77.')) continue
          if (link === undefined || name !== 'busy0') halves.add('a route without link')
          else if (link.alias !== 'portolan-busy') halves.add('a route without alias')
        }
      }
      report({ halves: [...halves], whole: whole > 0, exitCode })`)
    expect(seen).toEqual({ halves: [], whole: true, exitCode: 0 })
  })

  test('an ordinary user reads the same, except whose sockets they are, and is told so', async () => {
    const server = await host.startAndHear(
      `import { createServer } from 'node:net'; createServer().listen(9000, '127.0.0.1', () => console.log('up'))`,
    )
    const facts = (await host.node(readKernel, 'ordinary user')) as HostFacts
    server.kill('SIGKILL')
    const { sockets, unread, ...rest } = facts
    const { sockets: _sockets, ...asRoot } = (await host.node(readKernel)) as HostFacts
    expect(rest).toEqual(asRoot)
    expect(sockets).toEqual([{ protocol: 'tcp', address: '127.0.0.1', port: 9000 }])
    expect(unread).toEqual([expect.stringContaining('root')])
  })
})
