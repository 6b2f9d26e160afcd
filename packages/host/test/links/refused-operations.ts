export const use = (body: string): string => `
  import { openSync } from 'node:fs'
  import { openLinks } from '@portolan/host'
  const links = openLinks()
  const refusal = (promise) =>
    promise.then(() => null, ({ name, message, stderr }) => ({ name, message, stderr: stderr ?? null }))
  ${body}
  links.close()`

export interface Refusal {
  readonly name: string
  readonly message: string
  readonly stderr: string | null
}

/** The cases of tenus' tests (link, bridge, veth, macvlan and vlan), and similar ones that the kernel refuses. */
export const refused: Readonly<Record<string, readonly [call: string, error: string, words: string]>> = {
  'an empty name': [`createMacvlan({ name: '', parent: 'up0' })`, 'InvalidRequestError', '1 to 15 bytes'],
  'a name of 16 bytes': [
    `createMacvlan({ name: 'abcdefghijklmnop', parent: 'up0' })`,
    'InvalidRequestError',
    '1 to 15 bytes',
  ],
  'a name of 8 characters that are 16 bytes': [
    `createVlan({ name: 'éééééééé', parent: 'up0', id: 5 })`,
    'InvalidRequestError',
    '1 to 15 bytes',
  ],
  'a name with a slash': [`renameLink('up0', 'a/b')`, 'InvalidRequestError', 'without spaces'],
  'a name with a blank': [`createDummy({ name: 'a b' })`, 'InvalidRequestError', 'without spaces'],
  'a name that is a dot': [`createDummy({ name: '.' })`, 'InvalidRequestError', 'without spaces'],
  'a name that is there': [
    `createMacvlan({ name: 'up1', parent: 'up0' })`,
    'ApplyError',
    'an interface of that name is there already. Choose another name',
  ],
  'a bridge whose name is there': [
    `createBridge({ name: 'up1', alias: '', addresses: [] })`,
    'ApplyError',
    'is there already',
  ],
  'a rename to a name that is there': [
    `renameLink('up0', 'up1')`,
    'ApplyError',
    'an interface of that name is there already. Choose another name',
  ],
  'a rename of what is not there': [`renameLink('gone', 'new')`, 'ApplyError', 'there is no interface gone'],
  'a macvlan without a parent': [
    `createMacvlan({ name: 'm', parent: '' })`,
    'InvalidRequestError',
    '1 to 15 bytes',
  ],
  'a macvlan of an unknown parent': [
    `createMacvlan({ name: 'm', parent: 'gone' })`,
    'ApplyError',
    'Could not create the macvlan m: there is no interface gone',
  ],
  'an ipvlan of an unknown parent': [
    `createIpvlan({ name: 'i', parent: 'gone' })`,
    'ApplyError',
    'no interface gone',
  ],
  'a VLAN of an unknown parent': [
    `createVlan({ name: 'v', parent: 'gone', id: 5 })`,
    'ApplyError',
    'no interface gone',
  ],
  'a macvlan of loopback': [
    `createMacvlan({ name: 'm', parent: 'lo' })`,
    'InvalidRequestError',
    'is loopback',
  ],
  'a VLAN of loopback': [
    `createVlan({ name: 'v', parent: 'lo', id: 5 })`,
    'InvalidRequestError',
    'is loopback',
  ],
  'a mode of macvlan that there is not': [
    `createMacvlan({ name: 'm', parent: 'up0', mode: 'l2' })`,
    'InvalidRequestError',
    'Use one of bridge, passthru, private, vepa.',
  ],
  'a mode of macvlan with the name of a method': [
    `createMacvlan({ name: 'm', parent: 'up0', mode: 'constructor' })`,
    'InvalidRequestError',
    'is no mode of macvlan',
  ],
  'a mode of ipvlan that there is not': [
    `createIpvlan({ name: 'i', parent: 'up0', mode: 'bridge' })`,
    'InvalidRequestError',
    'Use one of l2, l3, l3s.',
  ],
  'a flag of ipvlan that there is not': [
    `createIpvlan({ name: 'i', parent: 'up0', flag: 'passthru' })`,
    'InvalidRequestError',
    'Use one of bridge, private, vepa.',
  ],
  'VLAN 0': [`createVlan({ name: 'v', parent: 'up0', id: 0 })`, 'InvalidRequestError', 'from 1 to 4094'],
  'VLAN 4095': [
    `createVlan({ name: 'v', parent: 'up0', id: 4095 })`,
    'InvalidRequestError',
    'from 1 to 4094',
  ],
  'VLAN 1.5': [`createVlan({ name: 'v', parent: 'up0', id: 1.5 })`, 'InvalidRequestError', 'from 1 to 4094'],
  'a MAC address that is none': [`setMac('up0', '02:42:ac')`, 'InvalidRequestError', 'is not a MAC address'],
  'a multicast MAC address': [
    `createMacvlan({ name: 'm', parent: 'up0', mac: '01:00:5e:00:00:01' })`,
    'InvalidRequestError',
    'is a multicast address',
  ],
  'a MAC address of zeros': [`setMac('up0', '00:00:00:00:00:00')`, 'InvalidRequestError', 'all zeros'],
  'a multicast MAC address of a bridge': [
    `createBridge({ name: 'b', alias: '', addresses: [], mac: 'ff:ff:ff:ff:ff:ff' })`,
    'InvalidRequestError',
    'is a multicast address',
  ],
  'a MAC address of what is not there': [
    `setMac('gone', '02:00:00:00:00:01')`,
    'ApplyError',
    'there is no interface gone',
  ],
  'an MTU of 67': [`setMtu('up0', 67)`, 'InvalidRequestError', 'from 68 to 65535'],
  'an MTU of 65536': [
    `createMacvlan({ name: 'm', parent: 'up0', mtu: 65536 })`,
    'InvalidRequestError',
    'from 68 to 65535',
  ],
  'a negative MTU': [`changeBridge('br0', { mtu: -1 })`, 'InvalidRequestError', 'from 68 to 65535'],
  'a macvlan with a larger MTU than its parent': [
    `createMacvlan({ name: 'm', parent: 'up0', mtu: 9000 })`,
    'ApplyError',
    'its MTU is smaller',
  ],
  'a macvlan of a port of a bridge': [
    `createMacvlan({ name: 'm', parent: 'port' })`,
    'ApplyError',
    'it is a port of a bridge',
  ],
  'a namespace of a process that is not there': [
    `moveLink('up0', { pid: 4194305 })`,
    'InvalidRequestError',
    'there is no process 4194305 here',
  ],
  'a namespace of process 0': [
    `moveLink('up0', { pid: 0 })`,
    'InvalidRequestError',
    '0 is not the number of a process',
  ],
  'a namespace of process -1': [
    `createMacvlan({ name: 'm', parent: 'up0', netns: { pid: -1 } })`,
    'InvalidRequestError',
    '-1 is not the number of a process',
  ],
  'a namespace without a file': [
    `moveLink('up0', { path: '/run/netns/gone-${process.pid}' })`,
    'InvalidRequestError',
    'so no network namespace',
  ],
  'a namespace that is a file of another kind': [
    `moveLink('up0', { path: '/etc/passwd' })`,
    'InvalidRequestError',
    'is not a network namespace',
  ],
  'a namespace of mounts': [
    `moveLink('up0', { path: '/proc/self/ns/mnt' })`,
    'InvalidRequestError',
    'is not a network namespace',
  ],
  'a bridge that moves': [
    `moveLink('br0', { path: other })`,
    'ApplyError',
    'an interface of kind bridge stays in its namespace',
  ],
  'loopback that is deleted': [
    `deleteLink('lo')`,
    'ApplyError',
    'the kernel cannot delete an interface of kind loopback',
  ],
  'an alias in another namespace': [
    `createMacvlan({ name: 'm', parent: 'up0', alias: 'x', netns: { path: other } })`,
    'InvalidRequestError',
    'takes no alias',
  ],
  // The kernel would replace the pattern by a number (net/core/dev.c `dev_alloc_name`).
  ...Object.fromEntries(
    [
      `createBridge({ name: 'x%d', alias: 'hello', addresses: ['10.4.0.1/24'] })`,
      `createMacvlan({ name: 'm%d', parent: 'up0', alias: 'x' })`,
      `createMacvlan({ name: 'm%d', parent: 'up0' })`,
      `createMacvlan({ name: 'm%d', parent: 'up0', netns: { path: other } })`,
      `createIpvlan({ name: 'm%d', parent: 'up0' })`,
      `createVlan({ name: 'm%d', parent: 'up0', id: 5 })`,
      `createDummy({ name: 'm%d' })`,
      `createVeth({ ...veth, name: 'm%d' })`,
      `createVeth({ ...veth, peer: { ...veth.peer, name: 'm%d' } })`,
      `renameLink('up1', 'r%d')`,
      `moveLink('up1', { path: other }, 'r%d')`,
    ].map((call) => [
      `a template: ${call}`,
      [call, 'InvalidRequestError', 'Choose a name without "%"'] as const,
    ]),
  ),
  'a name of the settings of all interfaces': [
    `renameLink('up1', 'all')`,
    'InvalidRequestError',
    'net.ipv4.conf.all holds the settings',
  ],
  ...Object.fromEntries(
    (
      [
        ['0.0.0.0/0', 'the unspecified address'],
        ['224.0.0.1/24', 'a multicast address'],
        ['10.3.0.255/24', 'the broadcast address of that network'],
        ['10.2.0.0/24', 'the address of the network itself'],
        ['255.255.255.255/32', 'the broadcast address of every link'],
        ['127.0.0.1/8', 'for the loopback interface alone'],
        ['::/64', 'the unspecified address'],
        ['ff02::1/64', 'a multicast address'],
        ['::1/128', 'for the loopback interface alone'],
        ['::ffff:10.0.0.1/128', 'an IPv4 address in the form of IPv6'],
      ] as const
    ).flatMap(([address, words]) =>
      [
        `addAddress('up0', '${address}')`,
        `createBridge({ name: 'b', alias: '', addresses: ['${address}'] })`,
      ].map((call) => [
        `an address that no interface has: ${call}`,
        [call, 'InvalidRequestError', words] as const,
      ]),
    ),
  ),
  'a name that is taken where a macvlan moves': [
    `moveLink('kept', { path: other }, 'out0')`,
    'ApplyError',
    'an interface named out0 is there already',
  ],
  'a name that is taken where a veth moves': [
    `moveLink('up1', { path: other }, 'out0')`,
    'ApplyError',
    'an interface named out0 is there already',
  ],
  'an alias that is too long, of a bridge': [
    `createBridge({ name: 'b', alias: long, addresses: ['10.4.0.1/24'] })`,
    'InvalidRequestError',
    'An alias of 300 bytes is too long',
  ],
  'an alias that is too long, of a macvlan': [
    `createMacvlan({ name: 'm', parent: 'up0', alias: long, up: true })`,
    'InvalidRequestError',
    'An alias of 300 bytes is too long',
  ],
  'an alias that is too long, of a veth': [
    `createVeth({ ...veth, alias: long })`,
    'InvalidRequestError',
    'An alias of 300 bytes is too long',
  ],
  'an address that a bridge has twice': [
    `createBridge({ name: 'b', alias: '', addresses: ['10.4.0.1/24', '10.4.0.1/25', '10.4.0.1/24'] })`,
    'ApplyError',
    'add the address 10.4.0.1/24',
  ],
  'an address on what is not there': [`addAddress('gone', '10.0.0.1/24')`, 'ApplyError', 'no interface gone'],
  'an address that is none': [
    `addAddress('up0', '10.0.0.256/24')`,
    'InvalidRequestError',
    'is not an IP address',
  ],
}
