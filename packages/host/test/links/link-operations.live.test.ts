import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'
import { type Refusal, refused, use } from './refused-operations.ts'

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
