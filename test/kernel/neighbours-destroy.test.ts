import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import type { Lab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { engineRoom } from '../lab/neighbour/engine-room.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { mustSucceed, pilotOf, shop } from './lifecycle/pilot.ts'
import { programs } from './neighbours/programs.ts'
import { namespacePair, pointToPoint, type Routed, toPod, tunnel } from './neighbours/routed.ts'

const labs = workerLabs()

interface KeptJson {
  readonly name: string
  readonly value: string
  readonly before: string
  readonly uses: readonly { readonly owner: string | null }[]
  readonly commands: readonly string[]
}

/** The owner that `destroy` names for a use of forwarding. */
const expectedOwners = {
  docker: 'docker',
  'podman with nftables': 'netavark',
  cni: 'cni',
  libvirt: 'libvirt',
} as const

const library = new URL('../../packages/portolan/dist/index.js', import.meta.url).href

const shopOnDockerNetwork = `name: shop
services:
  nginx: { networks: { web: { ipv4_address: 172.31.5.200 } }, ports: ["8080:80"] }
networks:
  web: { external: true, name: br-web }
`

const forwarding = 'net.ipv4.ip_forward'

describeBeside(
  'destroy beside programs that rely on forwarding',
  ['docker', 'podman', 'cni', 'libvirt'],
  () => {
    test.each(Object.entries(expectedOwners))(
      '%s, started after the first apply, keeps its traffic until the printed command turns forwarding off',
      async (name, owner) => {
        await using lab = await labs.open()
        const pilot = pilotOf(lab, 'nftables')
        await pilot.apply(shop())
        const { ask } = await programs[name as keyof typeof expectedOwners].start(lab)
        expect(await ask()).toMatchObject({ by: 'theirs' })

        const { stdout, stderr } = mustSucceed(
          'destroy',
          await pilot.run('destroy', null, '--all', '--yes', '--json'),
        )
        expect(await ask()).toMatchObject({ by: 'theirs' })
        expect(await lab.host.sysctl(forwarding)).toBe('1')
        const { kept } = fromJson<{ readonly kept: readonly KeptJson[] }>(stdout)
        const ip = kept.find(({ name }) => name === forwarding)
        expect(ip).toMatchObject({ value: '1', before: '0', commands: [`sysctl -w ${forwarding}=0`] })
        expect(ip?.uses).toContainEqual(expect.objectContaining({ owner }))
        expect(stderr).toContain(`sysctl -w ${forwarding}=0`)

        // The printed command does what it says, and a second destroy has nothing left to turn off.
        mustSucceed('destroy', await pilot.destroy())
        expect(await ask()).toMatchObject({ by: 'theirs' })
        await lab.host.mustRun((ip?.commands[0] ?? '').split(' '))
        expect(await ask()).toMatchObject({ delivered: false })
      },
    )

    test.each<[string, (lab: Lab) => Promise<Routed>]>([
      ["a pod of CNI's plugin ptp, which is routed and has no bridge", pointToPoint],
      ['a network namespace at the other end of a pair', namespacePair],
      ['a machine behind a tunnel', tunnel],
    ])(
      '%s, attached after the first apply, is reached until the printed commands turn forwarding off',
      async (_, plugIn) => {
        await using lab = await labs.open()
        const pilot = pilotOf(lab, 'nftables')
        await pilot.apply(shop())
        const { name, asked } = await plugIn(lab)
        const ask = async (): Promise<readonly (string | null)[]> =>
          (await Promise.all(asked.map((destination) => lab.client.probe({ ...toPod, destination })))).map(
            (outcome) => (outcome.delivered ? outcome.by : null),
          )
        const all = asked.map(() => 'pod')
        expect(await ask()).toEqual(all)
        const { stdout, stderr } = mustSucceed(
          'destroy',
          await pilot.run('destroy', null, '--all', '--yes', '--json'),
        )
        expect(await ask()).toEqual(all)
        const { kept } = fromJson<{ readonly kept: readonly KeptJson[] }>(stdout)
        const switches = [forwarding, 'net.ipv6.conf.all.forwarding']
        expect(kept.map((one) => [one.name, one.commands])).toEqual(
          switches.map((one) => [one, [`sysctl -w ${one}=0`]]),
        )
        expect(stderr).toMatch(new RegExp(`These may rely on it: (interface ${name}|.*; interface ${name})`))
        for (const { commands } of kept) await lab.host.mustRun((commands[0] ?? '').split(' '))
        expect(await ask()).toEqual(asked.map(() => null))
      },
    )

    test('a namespace that was attached while forwarding was off does not keep it on', async () => {
      await using lab = await labs.open()
      const pilot = pilotOf(lab, 'nftables')
      const { name } = await namespacePair(lab)
      await lab.host.setSysctl(forwarding, 0)
      await lab.host.setSysctl('net.ipv6.conf.all.forwarding', 0)
      await pilot.apply(shop())
      mustSucceed('destroy', await pilot.destroy())
      expect(await lab.host.sysctl(forwarding)).toBe('0')
      expect(await lab.host.sysctl('net.ipv6.conf.all.forwarding')).toBe('0')
      expect(await lab.host.mustRun(['ip', 'link', 'show', name])).toContain(name)
    })

    test.each<[string, string, string, readonly [string, string]]>([
      ['networkd.conf', 'networkd.conf', '[Network]\nIPv4Forwarding=yes\nIPv6Forwarding=yes', ['1', '1']],
      ['a drop-in of it', 'networkd.conf.d/router.conf', '[Network]\nIPv4Forwarding=yes', ['1', '0']],
      [
        'a .network file',
        'network/10-eth0.network',
        '[Match]\nName=eth0\n[Network]\nIPForward=ipv6',
        ['0', '1'],
      ],
    ])(
      'forwarding that systemd-networkd sets in %s stays on, and destroy names the file',
      async (_, file, text, expected) => {
        await using lab = await labs.open()
        const room = await engineRoom(lab)
        const pilot = pilotOf(lab, 'nftables')
        await pilot.apply(shop())
        const path = `/etc/systemd/${file}`
        await room.mustRun(['mkdir', '-p', path.slice(0, path.lastIndexOf('/'))])
        await lab.host.writeText(path, text)
        const { stderr } = mustSucceed('destroy', await pilot.destroy())
        expect([
          await lab.host.sysctl(forwarding),
          await lab.host.sysctl('net.ipv6.conf.all.forwarding'),
        ]).toEqual(expected)
        expect(stderr).toContain(`in ${path}`)
      },
    )

    test('a bridge that appears after the question of destroy makes its plan stale, and then keeps forwarding on', async () => {
      await using lab = await labs.open()
      const pilot = pilotOf(lab, 'nftables')
      await pilot.apply(shop())
      // Calls the library as the command does after its question is answered.
      const script = `
      const { destroy, planDestroy } = await import('${library}')
      const options = { stateDirectory: '/run/lab/state' }
      const planned = await planDestroy(options)
      const { execFileSync } = await import('node:child_process')
      execFileSync('sh', ['-ec', 'ip link add docker0 type bridge; ip addr add 172.30.0.1/16 dev docker0'])
      const error = await destroy(options, planned).then(() => null, (reason) => reason)
      const { kept } = await destroy(options)
      console.log(JSON.stringify({ code: error?.code, kept: kept.map(({ name }) => name) }))`
      const { stdout, stderr } = await lab.host.run([process.execPath, '--input-type=module', '-e', script], {
        environment: { NODE_OPTIONS: undefined },
      })
      expect({ stdout, stderr }).toMatchObject({ stderr: '' })
      expect(fromJson(stdout)).toEqual({ code: 'STALE_STATE', kept: [forwarding] })
      expect(await lab.host.sysctl(forwarding)).toBe('1')
      expect(await lab.host.sysctl('net.ipv6.conf.all.forwarding')).toBe('0')
    })

    test("Docker's port on 127.0.0.1 still answers after destroy where Portolan had set route_localnet for Docker's bridge", async () => {
      await using lab = await labs.open()
      const pilot = pilotOf(lab, 'nftables')
      const docker = await startDocker(lab, { 'userland-proxy': true })
      await docker.createNetwork({ name: 'web', subnet: '172.31.5.0/24', bridge: 'br-web' })
      await pilot.apply(shopOnDockerNetwork, '--force')
      expect(await lab.host.sysctl('net.ipv4.conf.br-web.route_localnet')).toBe('1')
      // Docker without its proxy finds the setting on when it starts.
      await lab.host.writeText(
        '/etc/docker/daemon.json',
        (await lab.host.readText('/etc/docker/daemon.json')).replace(
          '"userland-proxy":true',
          '"userland-proxy":false',
        ),
      )
      await docker.restart()
      await docker.run({ name: 'theirs', network: 'web', publish: ['8090:80'] })
      const own = { protocol: 'tcp', destination: '127.0.0.1', port: 8090, timeoutMs: 2000 } as const
      expect(await lab.host.reach(own)).toMatchObject({ by: 'theirs' })
      mustSucceed('destroy', await pilot.destroy())
      expect(await lab.host.reach(own)).toMatchObject({ by: 'theirs' })
    })
  },
)
