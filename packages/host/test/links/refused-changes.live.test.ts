import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

/** What the kernel refuses, and the whole message: what did not come about, why, and what to do. */
const refused: Readonly<Record<string, readonly [call: string, message: string]>> = {
  'an address that is named twice': [
    `createBridge({ name: 'b', alias: '', addresses: ['10.2.0.1/24', '10.2.0.1/24'] })`,
    'Could not add the address 10.2.0.1/24 to b: the interface has this address already (EEXIST). Name each address once.',
  ],
  'an IPv6 address with another prefix length': [
    `addAddress('e0', 'fd00:5::1/48')`,
    'Could not add the address fd00:5::1/48 to e0: the interface has this address already, perhaps with another prefix length (EEXIST). Remove that one first ("ip -6 address show dev e0" shows it), or name each address once.',
  ],
  'an IPv6 address where IPv6 is switched off': [
    `addAddress('off.6', 'fd00:9::1/64')`,
    'Could not add the address fd00:9::1/64 to off.6: IPv6 is switched off for this interface (EACCES). Set the sysctl net.ipv6.conf.off/6.disable_ipv6 to 0, and run this again.',
  ],
  'an IPv6 address where packets are too short for IPv6': [
    `addAddress('small', 'fd00:9::1/64')`,
    'Could not add the address fd00:9::1/64 to small: the interface has no IPv6, because its MTU is smaller than 1280 bytes (EINVAL). Give it an MTU of at least 1280, or no IPv6 address.',
  ],
  'loopback as a port': [
    `attachPort('lo', 'b0', {})`,
    'Could not attach lo to the bridge b0: it is not an Ethernet interface (EINVAL). Loopback and tunnels of IP cannot be ports. Attach an Ethernet interface, such as an end of a veth pair.',
  ],
  'a bridge as a port': [
    `attachPort('other', 'b0', {})`,
    'Could not attach other to the bridge b0: it is a bridge itself, and a bridge cannot be a port of another one (ELOOP). Attach an Ethernet interface, such as an end of a veth pair.',
  ],
  'the parent of a macvlan as a port': [
    `attachPort('parent', 'b0', {})`,
    'Could not attach parent to the bridge b0: it belongs to another link already: it is the parent of a macvlan or an ipvlan, a port of a bond, or made on this bridge (EBUSY). Release it ("ip -d link" shows what it belongs to), or attach another interface.',
  ],
  'settings of what is not a port': [
    `setPort('e0', { hairpin: true })`,
    'Could not switch hairpin on at the bridge port e0: the interface is not a port of a bridge (EOPNOTSUPP). Attach it to a bridge first.',
  ],
  'a second macvlan with the same MAC address': [
    `setUp('mv2', true)`,
    'Could not set mv2 up: another link on the same parent has its MAC address (EADDRINUSE). Give one of the two another MAC address.',
  ],
  'a route by a gateway elsewhere': [
    `setRoute({ destination: '10.9.0.0/24', via: '203.0.113.9', interface: 'e0' })`,
    'Could not route 10.9.0.0/24 via 203.0.113.9 by e0: 203.0.113.9 is on no network of e0, or e0 is down (ENETUNREACH). Check the address of the other host, the addresses of e0 ("ip address show dev e0"), and that it is up.',
  ],
  'an IPv6 route by a gateway elsewhere': [
    `setRoute({ destination: 'fd09::/64', via: 'fd00:6::9', interface: 'e0' })`,
    'Could not route fd09::/64 via fd00:6::9 by e0: fd00:6::9 is on no network of e0, or e0 is down (EHOSTUNREACH). Check the address of the other host, the addresses of e0 ("ip address show dev e0"), and that it is up.',
  ],
  'a route by a broadcast address': [
    `setRoute({ destination: '10.9.0.0/24', via: '192.0.2.255', interface: 'e0' })`,
    'Could not route 10.9.0.0/24 via 192.0.2.255 by e0: 192.0.2.255 is no gateway for that (EINVAL): it is an address of this host, of a group, or a broadcast address, or the destination has bits behind its prefix length. Name the address of the other host, and a destination that begins its prefix.',
  ],
  'an interface that is not there': [
    `setUp('gone', true)`,
    'Could not set gone up: there is no interface gone in this network namespace. Check its name: "ip link" lists the interfaces.',
  ],
  'a port of what is not a bridge': [
    `attachPort('lo', 'e0', {})`,
    'Could not attach lo to the bridge e0: e0 is not a bridge but of kind veth. Name a bridge: "ip link show type bridge" lists them.',
  ],
  'an alias that is too long': [
    `changeBridge('b0', { alias: 'x'.repeat(256) })`,
    `An alias of 256 bytes is too long for an interface: the kernel stores at most 255. Choose a shorter one: "${'x'.repeat(40)}...".`,
  ],
}

describeLive('a change that the kernel refuses', () => {
  let host: Namespace
  beforeAll(() => {
    host = makeNamespace()
    host.sh(`ip link add e0 type veth peer name e0-peer
      ip link set e0 up; ip link set e0-peer up; ip addr add 192.0.2.2/24 dev e0; ip addr add fd00:5::1/64 dev e0
      ip link add off.6 type veth peer name off-peer; sysctl -qw net.ipv6.conf.off/6.disable_ipv6=1
      ip link add small mtu 1000 type veth peer name small-peer mtu 1000
      ip link add b0 type bridge; ip link add other type bridge
      ip link add parent type veth peer name parent-peer; ip link set parent up
      ip link add mv1 address 02:00:00:00:00:01 link parent type macvlan; ip link set mv1 up
      ip link add mv2 address 02:00:00:00:00:01 link parent type macvlan`)
  })
  afterAll(() => host.remove())

  test('is told with what did not come about, why, and what to do', async () => {
    const calls = Object.values(refused).map(([call]) => call)
    const code = `
      import { openLinks } from '@portolan/host'
      const links = openLinks()
      const told = []
      ${calls.map((call) => `await links.${call}.then(() => told.push('done'), ({ message }) => told.push(message))`).join('\n')}
      report(told)
      links.close()`
    const told = (await host.node(code)) as readonly string[]
    const names = Object.keys(refused)
    expect(Object.fromEntries(names.map((name, index) => [name, told[index]]))).toEqual(
      Object.fromEntries(Object.entries(refused).map(([name, [, message]]) => [name, message])),
    )
  })

  test('for want of room on a bridge is told so', async () => {
    // The kernel gives a bridge 1023 ports (net/bridge/br_private.h, BR_MAX_PORTS).
    host.sh(`ip link add full type bridge
      seq 1023 | sed 's/.*/link add f& master full type veth peer name g&/' | ip -batch -`)
    const code = `
      import { openLinks } from '@portolan/host'
      const links = openLinks()
      await links.attachPort('e0', 'full', {}).then(report, ({ message }) => report(message))
      links.close()`
    expect(await host.node(code)).toBe(
      'Could not attach e0 to the bridge full: the bridge has no room for one more port (EXFULL): the kernel gives a bridge at most 1023. Detach ports that are not needed any more, or use another network.',
    )
  }, 60_000)
})
