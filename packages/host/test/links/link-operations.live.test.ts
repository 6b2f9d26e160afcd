import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

const use = (body: string): string => `
  import { openSync } from 'node:fs'
  import { openLinks } from '@portolan/host'
  const links = openLinks()
  const refusal = (promise) =>
    promise.then(() => null, ({ name, message, stderr }) => ({ name, message, stderr: stderr ?? null }))
  ${body}
  links.close()`

interface Refusal {
  readonly name: string
  readonly message: string
  readonly stderr: string | null
}

/** The cases of tenus' tests (link, bridge, veth, macvlan and vlan), and similar ones that the kernel refuses. */
const refused: Readonly<Record<string, readonly [call: string, error: string, words: string]>> = {
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
    'ApplyError',
    'write the alias of b',
  ],
  'an alias that is too long, of a macvlan': [
    `createMacvlan({ name: 'm', parent: 'up0', alias: long, up: true })`,
    'ApplyError',
    'write the alias of m',
  ],
  'an alias that is too long, of a veth': [
    `createVeth({ ...veth, alias: long })`,
    'ApplyError',
    'write the alias of pa',
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

describeLive('link operations', () => {
  let host: Namespace
  let other: Namespace
  beforeAll(() => {
    host = makeNamespace()
    other = makeNamespace()
    other.sh('ip link add out0 type bridge')
    host.sh(`ip link add up0 type veth peer name far0; ip link add up1 type veth peer name far1
             ip link add kept link up0 type macvlan; ip link set kept up; ip addr add 10.79.0.1/24 dev kept
             ip link add br0 type bridge; ip link add port type veth peer name far2; ip link set port master br0
             for link in up0 far0 up1 far1 port; do ip link set $link up; done
             # The kernel gives a link its state and its own address a while after it is up.
             for link in up0 far0 up1 far1 kept; do
               until ip -o link show $link | grep -q 'state UP' && ip -6 -o addr show dev $link scope link | grep -q .
               do sleep 0.05; done
             done`)
  })
  afterAll(() => {
    host.remove()
    other.remove()
  })

  const link = (name: string) => JSON.parse(host.sh(`ip -d -j link show ${name}`))[0]
  const run = (body: string) => host.node(use(body))

  describe('a mistake is told with what, why and what to do, and nothing is changed:', () => {
    let told: Readonly<Record<string, Refusal | null>>
    let before = ''
    // An address of the kernel's is tentative until it has looked for another of the same.
    const everything = () =>
      [host, other]
        .map((one) => one.sh('ip -d link show; ip addr show').replaceAll(' tentative', ''))
        .join('')
    beforeAll(async () => {
      before = everything()
      const calls = Object.entries(refused).map(
        ([name, [call]]) => `[${JSON.stringify(name)}]: await refusal(links.${call})`,
      )
      told = (await run(
        `const other = '/run/netns/${other.name}'
         const long = 'x'.repeat(300)
         const veth = { name: 'pa', alias: '', bridge: 'br0', port: {}, mtu: 1400,
           peer: { name: 'pb', mac: '02:42:00:00:00:05', namespace: openSync(other, 'r'), where: 'other' } }
         report({ ${calls.join(',\n')} })`,
      )) as typeof told
    })

    test.each(Object.entries(refused))('%s', (name, [, error, words]) => {
      expect(told[name]).toMatchObject({ name: error, message: expect.stringContaining(words) })
    })
    test('the host and the other namespace are as they were', () => expect(everything()).toBe(before))
  })

  test('a macvlan has its MAC address, MTU, alias and mode, and is up', async () => {
    await run(`await links.createMacvlan({ name: 'mac0', parent: 'up0', mac: '02:42:00:00:00:07', mtu: 1400,
      alias: 'lan of shop', up: true }); report()`)
    expect(link('mac0')).toMatchObject({
      link: 'up0',
      address: '02:42:00:00:00:07',
      mtu: 1400,
      ifalias: 'lan of shop',
      linkinfo: { info_kind: 'macvlan', info_data: { mode: 'bridge' } },
    })
    expect(link('mac0').flags).toContain('UP')
    await run(`await links.deleteLink('mac0'); await links.deleteLink('mac0'); report()`)
    expect(host.sh('ip link')).not.toContain('mac0')
  })

  test.each(['bridge', 'vepa', 'private', 'passthru'])('a macvlan of mode %s', async (mode) => {
    await run(`await links.createMacvlan({ name: 'mac0', parent: 'up1', mode: '${mode}' }); report()`)
    expect(link('mac0').linkinfo.info_data.mode).toBe(mode)
    host.sh('ip link del mac0')
  })

  test('beside a child of mode passthru there is no other', async () => {
    expect(
      await run(`await links.createMacvlan({ name: 'mac0', parent: 'up1', mode: 'passthru' })
        report(await refusal(links.createMacvlan({ name: 'mac1', parent: 'up1' })))`),
    ).toMatchObject({ name: 'ApplyError', message: expect.stringContaining('has to be the only one') })
    host.sh('ip link del mac0')
  })

  test('a macvlan is made directly in the namespace of a process, of a file, and under a name that is taken here', async () => {
    const holder = await other.startAndHear(
      `report('ready'); process.stdin.resume(); setInterval(() => {}, 1 << 30)`,
    )
    try {
      // `ip netns exec` replaces itself by the program, so the process id is the program's.
      const { pid } = holder
      expect(
        await run(`await links.createMacvlan({ name: 'up1', parent: 'up0', netns: { pid: ${pid} }, up: true })
          await links.createMacvlan({ name: 'two', parent: 'up0', netns: { path: '/run/netns/${other.name}' } })
          report(await refusal(links.createMacvlan({ name: 'two', parent: 'up0', netns: { pid: ${pid} } })))`),
      ).toMatchObject({
        name: 'ApplyError',
        message: expect.stringContaining('has an interface of that name'),
      })
      const there = fromJson<readonly { ifname: string }[]>(other.sh('ip -d -j link show type macvlan'))
      expect(there.map(({ ifname }) => ifname).sort()).toEqual(['two', 'up1'])
      other.sh('ip link del up1; ip link del two')
    } finally {
      holder.kill('SIGKILL')
    }
  })

  test('a link moves to the namespace of a file under another name, without its addresses', async () => {
    host.sh('ip link add va type veth peer name vb; ip addr add 10.77.0.1/24 dev va; ip link set va up')
    await run(`await links.moveLink('va', { path: '/run/netns/${other.name}' }, 'eth7'); report()`)
    expect(other.sh('ip addr show eth7')).not.toContain('10.77.0.1')
    expect(other.sh('ip link show eth7')).not.toContain(',UP')
    expect(
      await run(`await links.renameLink('vb', 'eth7')
        report(await refusal(links.moveLink('eth7', { path: '/run/netns/${other.name}' })))`),
    ).toMatchObject({
      name: 'ApplyError',
      message: expect.stringContaining('an interface named eth7 is there already'),
    })
    host.sh('ip link del eth7')
  })

  test('an address of a /31 and of a /32 is taken, and those of loopback on loopback', async () => {
    await run(`await links.addAddress('up0', '10.80.0.0/31'); await links.addAddress('up0', '10.81.0.0/32')
      await links.addAddress('up0', 'fd00:80::/64'); await links.addAddress('lo', '127.0.0.9/8'); report()`)
    expect(host.sh('ip addr show up0; ip addr show lo')).toMatch(
      /10\.80\.0\.0\/31.*10\.81\.0\.0\/32.*fd00:80::\/64.*127\.0\.0\.9\/8/s,
    )
  })

  test('a link is renamed, down and up, and gets a MAC address, an MTU and addresses', async () => {
    host.sh('ip link add va type veth peer name vb')
    await run(`await links.renameLink('va', 'lan-é'); await links.setMac('lan-é', '02:42:00:00:00:09')
      await links.setMtu('lan-é', 1280); await links.addAddress('lan-é', '10.78.0.1/24'); await links.setUp('lan-é', true)
      report()`)
    expect(link('lan-é')).toMatchObject({ address: '02:42:00:00:00:09', mtu: 1280 })
    expect(host.sh('ip addr show lan-é')).toContain('10.78.0.1/24')
    const renamedUp = await run(`report(await refusal(links.renameLink('lan-é', 'va')))`)
    // Since Linux 6.2 an interface that is up can be renamed (net/core/dev.c, dev_change_name).
    if (renamedUp !== null)
      expect(renamedUp).toMatchObject({ message: expect.stringContaining('Set it down first') })
    await run(`await links.setUp('vb', false); await links.deleteLink('vb'); report()`)
    expect(host.sh('ip link')).not.toContain('lan-')
  })

  /** What this kernel was not built with is told as that. */
  test.each([
    ['dummy', `createDummy({ name: 'k0' })`, 'CONFIG_DUMMY', {}],
    [
      'vlan',
      `createVlan({ name: 'k0', parent: 'up1', id: 100 })`,
      'CONFIG_VLAN_8021Q',
      { info_data: { id: 100 } },
    ],
    [
      'ipvlan',
      `createIpvlan({ name: 'k0', parent: 'up1', mode: 'l3', flag: 'private' })`,
      'CONFIG_IPVLAN',
      { info_data: { mode: 'l3' } },
    ],
  ])(
    'a link of kind %s is made, or the error says that the kernel has no such kind',
    async (kind, call, option, info) => {
      const outcome = await run(`report(await refusal(links.${call}))`)
      if (outcome === null) {
        expect(link('k0').linkinfo).toMatchObject({ info_kind: kind, ...info })
        if (kind === 'vlan')
          expect(
            await run(`report(await refusal(links.createVlan({ name: 'k1', parent: 'up1', id: 100 })))`),
          ).toMatchObject({ message: expect.stringContaining('has a VLAN of id 100 already') })
        host.sh('ip link del k0')
      } else {
        expect(
          host.sh(`ip link add k1 link up1 type ${kind} ${kind === 'vlan' ? 'id 100' : ''} 2>&1 || true`),
        ).toMatch(/not supported|Unknown device type/)
        expect(outcome).toMatchObject({
          name: 'ApplyError',
          message: expect.stringContaining(`this kernel has no links of kind ${kind}`),
          stderr: expect.stringContaining('operation not supported'),
        })
        expect((outcome as Refusal).message).toContain(option)
      }
    },
  )

  test('without the capability the error says what it needs', async () => {
    const calls = [
      `createMacvlan({ name: 'n0', parent: 'up0' })`,
      `renameLink('up0', 'n0')`,
      `setMac('up0', '02:42:00:00:00:01')`,
      `setMtu('up0', 1400)`,
      `deleteLink('up0')`,
    ]
    const told = await host.node(
      use(`report([${calls.map((call) => `await refusal(links.${call})`).join(', ')}])`),
      'ordinary user',
    )
    expect(told).toEqual(calls.map(() => expect.objectContaining({ name: 'PermissionError' })))
  })
})
