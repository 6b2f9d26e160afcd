import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

const use = (body: string): string => `
  import { openLinks } from '@portolan/host'
  import { bridgeAlias } from '@portolan/core'
  const alias = bridgeAlias({ project: 'shop', network: 'web' })
  const links = openLinks()
  const refusal = (promise) => promise.then(() => null, ({ name, message }) => ({ name, message }))
  ${body}
  links.close()`

describeLive('links', () => {
  let host: Namespace
  beforeAll(() => {
    host = makeNamespace()
  })
  afterAll(() => host.remove())

  const link = (name: string) => JSON.parse(host.sh(`ip -d -j link show ${name}`))[0]
  const everything = () =>
    host
      .sh(
        'ip -d link; ip addr; ip route show table all; ip -6 route show table all; find /proc/sys/net -name "*br*" | sort',
      )
      .replaceAll(/^\d+: /gm, '')

  test('a bridge is made up, named as ours, with its addresses usable at once, and leaves nothing behind', async () => {
    const before = everything()
    await host.node(
      use(`await links.createBridge({ name: 'br-a.1', alias, mtu: 1400, nfCallIptables: true,
             mac: '02:42:00:00:00:01', addresses: ['172.17.42.1/16', 'fd00:1::1/64'] }); report()`),
    )
    const made = link('br-a.1')
    expect(made).toMatchObject({
      ifalias: 'portolan project=shop network=web',
      mtu: 1400,
      address: '02:42:00:00:00:01',
    })
    expect(made.flags).toContain('UP')
    expect(made.linkinfo.info_data).toMatchObject({
      forward_delay: 0,
      stp_state: 0,
      nf_call_iptables: 1,
      nf_call_ip6tables: 0,
    })
    const addresses = host.sh('ip addr show br-a.1')
    expect(addresses).toContain('inet 172.17.42.1/16')
    expect(addresses).toContain('inet6 fd00:1::1/64 scope global nodad')
    await host.node(use(`await links.deleteBridge('br-a.1'); report()`))
    expect(everything()).toBe(before)
  })

  test('IPv6 addresses come even where IPv6 is switched off for new interfaces', async () => {
    host.sh('sysctl -qw net.ipv6.conf.default.disable_ipv6=1')
    await host.node(
      use(`await links.createBridge({ name: 'br-6', alias, addresses: ['fd00:6::1/64'] }); report()`),
    )
    host.sh('sysctl -qw net.ipv6.conf.default.disable_ipv6=0')
    expect(host.sh('ip addr show br-6')).toContain('fd00:6::1/64')
    host.sh('ip link del br-6')
  })

  test('ports of a deleted bridge are released and stay up', async () => {
    host.sh('ip link add va type veth peer name vb; ip link set vb up')
    await host.node(
      use(`await links.createBridge({ name: 'br-p', alias, addresses: [] })
           await links.attachPort('va', 'br-p', { hairpin: true, isolated: true })
           await links.attachPort('va', 'br-p', { hairpin: true, isolated: true }); report()`),
    )
    const port = link('va')
    expect(port.master).toBe('br-p')
    expect(port.flags).toContain('UP')
    expect(port.linkinfo.info_slave_data).toMatchObject({ hairpin: true, isolated: true })
    await host.node(use(`await links.setPort('va', { isolated: false }); report()`))
    expect(link('va').linkinfo.info_slave_data).toMatchObject({ hairpin: true, isolated: false })
    await host.node(use(`await links.deleteBridge('br-p'); await links.deleteBridge('br-p'); report()`))
    expect(link('va').master).toBeUndefined()
    expect(link('va').flags).toContain('UP')
    host.sh('ip link del va')
  })

  test('a bridge is changed only in what is asked', async () => {
    host.sh('ip link add br-x type bridge; ip link set br-x alias "uplink to rack 4"')
    await host.node(use(`await links.changeBridge('br-x', { nfCallIp6tables: true }); report()`))
    expect(link('br-x')).toMatchObject({ ifalias: 'uplink to rack 4', mtu: 1500 })
    expect(link('br-x').linkinfo.info_data).toMatchObject({ nf_call_iptables: 0, nf_call_ip6tables: 1 })
    host.sh('ip link del br-x')
  })

  test('adding an address twice and removing it twice is no error; another prefix length of it is', async () => {
    const refused = await host.node(
      use(`await links.createBridge({ name: 'br-d', alias, addresses: [] })
           for (const address of ['10.9.9.1/24', 'fd00:9::1/64']) {
             await links.addAddress('br-d', address); await links.addAddress('br-d', address) }
           const other = await refusal(links.addAddress('br-d', 'fd00:9::1/80'))
           for (const address of ['10.9.9.1/24', 'fd00:9::1/64']) {
             await links.removeAddress('br-d', address); await links.removeAddress('br-d', address) }
           report(other)`),
    )
    expect(refused).toMatchObject({ name: 'ApplyError' })
    expect(host.sh('ip addr show br-d scope global')).not.toContain('inet')
    host.sh('ip link del br-d')
  })

  test("another's interface is neither taken over nor deleted, and keeps its alias", async () => {
    host.sh('ip link add docker0 type bridge; ip link set docker0 alias theirs')
    const refusals = await host.node(
      use(`report([
        await refusal(links.createBridge({ name: 'docker0', alias, addresses: [] })),
        await refusal(links.deleteBridge('docker0')),
        await refusal(links.deleteBridge('lo')),
        await refusal(links.attachPort('lo', 'nowhere', {})),
        await refusal(links.attachPort('docker0', 'lo', {})) ])`),
    )
    expect(refusals).toEqual(new Array(5).fill(expect.objectContaining({ name: 'ApplyError' })))
    expect(link('docker0').ifalias).toBe('theirs')
    host.sh('ip link del docker0')
  })

  test('a port of another bridge is not taken from it', async () => {
    host.sh(
      'ip link add b1 type bridge; ip link add b2 type bridge; ip link add va type veth peer name vb; ip link set va master b1',
    )
    const refused = await host.node(use(`report(await refusal(links.attachPort('va', 'b2', {})))`))
    expect(refused).toMatchObject({
      name: 'ApplyError',
      message: expect.stringContaining('Release it first'),
    })
    expect(link('va').master).toBe('b1')
    host.sh('ip link del b1; ip link del b2; ip link del va')
  })

  test('a bridge that cannot be finished is removed again', async () => {
    const refused = await host.node(
      use(
        `report(await refusal(links.createBridge({ name: 'br-f', alias, addresses: ['10.1.0.1/8', '10.1.0.1/8'] })))`,
      ),
    )
    expect(refused).toMatchObject({ name: 'ApplyError', message: expect.stringContaining('EEXIST') })
    expect(host.sh('ip link')).not.toContain('br-f')
  })

  test('the namespace at the other end of a pair is there as long as a process is in it', async () => {
    host.sh('ip link add v-here type veth peer name v-there')
    const told = await host.node(
      use(`const { execFileSync, spawn } = await import('node:child_process')
           const { once } = await import('node:events')
           const inside = spawn('unshare', ['--net', 'sh', '-c', 'echo in; exec sleep 600'])
           await once(inside.stdout, 'data')
           execFileSync('ip', ['link', 'set', 'v-there', 'netns', String(inside.pid)])
           const { namespace } = await links.readEndpointLink('v-here')
           const before = await links.hasNamespace(namespace)
           const ended = once(inside, 'close')
           inside.kill('SIGKILL')
           await ended
           report([before, await links.hasNamespace(namespace), await links.hasNamespace(4711)])`),
    )
    expect(told).toEqual([true, false, false])
  })

  test('without the capability the error says what it needs', async () => {
    const refused = await host.node(
      use(`report(await refusal(links.createBridge({ name: 'br-n', alias, addresses: [] })))`),
      'ordinary user',
    )
    expect(refused).toMatchObject({
      name: 'PermissionError',
      message: expect.stringContaining('CAP_NET_ADMIN'),
    })
  })
})
