import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import type { CommandOutcome, Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { inShopAgain } from '../live/in-live-host.ts'
import { bareMachine, portsOf, serves, web } from './in-namespace.ts'

const compose = `name: shop
services: {web: {image: nginx, networks: [front], ports: ["8080:80"]}}
networks: {front: {enable_ipv6: true, x-portolan: {pool: classic}}}
`

type Command = (...words: readonly string[]) => Promise<CommandOutcome>

/** Runs the command with the state directory of these tests' live hosts. */
const commandOf =
  (lab: Lab, backend: Backend): Command =>
  (name = '', ...words) =>
    lab.portolan([name, ...words, '--state', '/run/lab/live', '--backend', backend])

/** `portolan attach` and `detach`, for projects of a Compose file and of a live host. */
export const byCommand = (open: OpenLab, backend: Backend): void => {
  test('each replica of a service is attached by its own name, and the first replica also by the name of the service', async () => {
    const lab = await open()
    const portolan = commandOf(lab, backend)
    const scaled = compose.replace(', ports: ["8080:80"]', ', scale: 2')
    const file = await lab.write('compose.yaml', scaled)
    expect(await portolan('apply', '-f', file, '--yes')).toMatchObject({ exitCode: 0, stderr: '' })
    const [one, two] = [await bareMachine(lab, 'web'), await bareMachine(lab, 'job')]
    const attached = async (machine: Machine, name: string): Promise<string> => {
      const options = ['--netns', String(machine.pid), '--name', name]
      const { stdout, stderr } = await portolan('attach', 'front', ...options)
      return `${stdout}${stderr}`
    }
    expect(await attached(one, 'web-1')).toMatch(/^web-1 is on network shop\/front: eth0 172\.17\.0\.1 /)
    expect(await attached(two, 'web-2')).toMatch(/^web-2 is on network shop\/front: eth0 172\.17\.0\.2 /)
    expect(await attached(one, 'web')).toMatch(/^web is on network shop\/front: eth0 172\.17\.0\.1 /)
    expect(await portsOf(lab)).toHaveLength(2)
    expect((await portolan('detach', 'web-1')).stdout).toBe('web-1 is off the networks of project shop.\n')
    expect(await portsOf(lab)).toHaveLength(1)
    // The plan still gives the detached replica its address.
    expect(await portolan('plan', '-f', file)).toMatchObject({ exitCode: 0 })
    await lab.portolan(['destroy', '-f', file, '--yes', '--state', '/run/lab/live'])
  })

  test('a service of a Compose file gets its planned addresses and ports, and an endpoint with another name has a lease until it is detached', async () => {
    const lab = await open()
    const portolan = commandOf(lab, backend)
    const file = await lab.write('compose.yaml', compose)
    const before = await takeSnapshot(lab.host)
    await portolan('apply', '-f', file, '--yes')
    const one = await bareMachine(lab, 'web')
    const two = await bareMachine(lab, 'job')
    expect(await portolan('attach', 'front', '--netns', String(one.pid), '--name', 'web')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        /^web is on network shop\/front: eth0 172\.17\.0\.1 and fd\S+, MAC 02:42:ac:11:00:01\.\n$/,
      ),
    })
    expect([await serves(lab, 'ip'), await serves(lab, 'ip6')]).toEqual(['web', 'web'])
    const { stdout } = await portolan(
      ...[
        'attach',
        'shop/front',
        '--netns',
        `/proc/${two.pid}/ns/net`,
        '--name',
        'job',
        '--interface',
        'net0',
      ],
      ...['--address', '172.17.7.7', '--mtu', '1400', '--metric', '7', '--json'],
    )
    expect(fromJson(stdout)).toMatchObject({
      ...{ project: 'shop', network: 'front', service: 'job', interface: 'net0' },
      ...{ ip: '172.17.7.7', mac: '02:42:ac:11:07:07' },
    })
    expect(await two.mustRun(['ip', 'route', 'show', 'default'])).toBe(
      'default via 172.17.42.1 dev net0 metric 7 \n',
    )
    expect(await two.mustRun(['ip', 'link', 'show', 'net0'])).toContain(' mtu 1400 ')
    expect(await two.reach({ protocol: 'tcp', destination: '172.17.0.1', port: 80 })).toMatchObject({
      by: 'web',
    })
    // Both endpoints count as Portolan's: the plan has no change, and the job's lease stays.
    expect(await portolan('plan', '-f', file)).toMatchObject({ exitCode: 0 })
    expect(await portolan('apply', '-f', file, '--yes')).toMatchObject({ exitCode: 0 })
    expect(await portsOf(lab)).toHaveLength(2)
    for (const [words, message] of [
      [['web'], 'web is off the networks of project shop.'],
      [['web'], 'web has no interface on the networks of project shop: there is nothing to detach.'],
      [['job'], 'job is off the networks of project shop.'],
      [['job'], 'Nothing of job is on this host.'],
      [
        ['job', '-p', 'nope'],
        'job has no interface on the networks of project nope: there is nothing to detach.',
      ],
    ] as const)
      expect(await portolan('detach', ...words)).toMatchObject({ exitCode: 0, stdout: `${message}\n` })
    expect(await portsOf(lab)).toEqual([])
    // The service still has its address, and the job's address is free.
    expect(await portolan('plan', '-f', file)).toMatchObject({ exitCode: 0 })
    expect(
      (await portolan('attach', 'front', '--netns', String(two.pid), '--address', '172.17.7.7')).stdout,
    ).toContain(`pid-${two.pid} is on network shop/front: eth0 172.17.7.7`)
    const destroyed = await lab.portolan(['destroy', '-f', file, '--yes', '--state', '/run/lab/live'])
    expect(destroyed).toMatchObject({ exitCode: 0 })
    expect(await two.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
    expect(await takeSnapshot(lab.host)).toEqual(before)
  })

  test('the addresses of an attached endpoint are given to no other endpoint after the state directory was lost', async () => {
    const lab = await open()
    const portolan = commandOf(lab, backend)
    const file = await lab.write('compose.yaml', compose)
    await portolan('apply', '-f', file, '--yes')
    const [one, two] = [await bareMachine(lab, 'job'), await bareMachine(lab, 'job2')]
    const attach = (pid: number, name: string) =>
      portolan('attach', 'shop/front', '--netns', String(pid), '--name', name, '--json')
    const first = JSON.parse((await attach(one.pid, 'job')).stdout)
    await lab.host.mustRun(['rm', '-r', '/run/lab/live'])
    const refused = await attach(two.pid, 'job2')
    expect(refused).toMatchObject({ exitCode: 1 })
    expect(refused.stdout).toContain('portolan apply -f FILE --state /run/lab/live')
    expect(await portolan('apply', '-f', file, '--yes')).toMatchObject({ exitCode: 0 })
    const second = JSON.parse((await attach(two.pid, 'job2')).stdout)
    expect([second.ip, second.ip6]).toEqual([expect.any(String), expect.any(String)])
    expect([second.ip, second.ip6]).not.toContain(first.ip)
    expect([second.ip, second.ip6]).not.toContain(first.ip6)
    expect(await two.reach({ protocol: 'icmp', destination: first.ip, port: 0 })).toMatchObject({
      delivered: true,
    })
  })

  test('plan and status name an endpoint whose address or network was taken, with the commands that repair it', async () => {
    const lab = await open()
    const portolan = commandOf(lab, backend)
    const run = (command: string, ...words: readonly string[]) =>
      lab.portolan([...command.split(' ').slice(1), ...words])
    /** The commands in the notes of a report. */
    const commandsIn = (notes: readonly (string | { readonly text: string })[]): readonly string[] =>
      notes.flatMap((note) =>
        [...(typeof note === 'string' ? note : note.text).matchAll(/`(portolan [^`]*)`/g)].map(
          ([, command = '']) => command,
        ),
      )
    const two = compose
      .replace('[front]', '[front, back]')
      .replace('{front: {', '{back: {ipam: {config: [{subnet: 10.9.0.0/24}]}}, front: {')
    const file = await lab.write('compose.yaml', two)
    await portolan('apply', '-f', file, '--yes')
    const [one, job] = [await bareMachine(lab, 'web'), await bareMachine(lab, 'job')]
    await portolan('attach', 'shop/front', '--netns', String(one.pid), '--name', 'web')
    await portolan('attach', 'shop/back', '--netns', String(job.pid), '--name', 'j3')
    const planned = async () => JSON.parse((await portolan('plan', '-f', file, '--json')).stdout)
    const status = async () =>
      JSON.parse((await lab.portolan(['status', '-p', 'shop', '--json', '--state', '/run/lab/live'])).stdout)
    expect([(await planned()).notes, (await status()).notes]).toEqual([[], undefined])

    expect(await portolan('move', 'front', '-f', file, '--yes')).toMatchObject({ exitCode: 0 })
    expect(await serves(lab, 'ip')).toBeNull()
    const [statusNotes, planNotes] = [(await status()).notes, (await planned()).notes]
    expect(statusNotes).toEqual([
      expect.stringMatching(/^Endpoint web of network shop\/front has \S+ .* 172\.17\.0\.1\/16 /),
    ])
    expect(planNotes).toEqual([{ text: statusNotes[0], place: null }])
    const [detach = '', attach = ''] = commandsIn(statusNotes)
    expect(await run(detach)).toMatchObject({ exitCode: 0 })
    const again = attach.replace('NAMESPACE', String(one.pid))
    expect(await run(again, '--backend', backend)).toMatchObject({ exitCode: 0 })
    expect([await serves(lab, 'ip'), (await status()).notes]).toEqual(['web', undefined])

    await lab.write('compose.yaml', compose)
    const noteOfLostNetwork = (await planned()).notes
    expect(noteOfLostNetwork.map(({ text }: { text: string }) => text)).toEqual([
      expect.stringMatching(
        /^Endpoint j3 of network shop\/back is attached .* 10\.9\.0\.\d stays leased to it, so 10\.9\.0\.0\/24 /,
      ),
    ])
    const applied = await portolan('apply', '-f', file, '--yes')
    expect(applied.stdout).toContain(commandsIn(noteOfLostNetwork)[0])
    expect(commandsIn((await planned()).notes)).toEqual(commandsIn(noteOfLostNetwork))
    expect((await portolan('watch', '-f', file, '--once')).stderr).toContain(commandsIn(noteOfLostNetwork)[0])
    expect(await run(commandsIn(noteOfLostNetwork)[0] ?? '')).toMatchObject({ exitCode: 0 })
    await portolan('apply', '-f', file, '--yes')
    expect((await planned()).notes).toEqual([])
    const other = await lab.write(
      'other.yaml',
      two.replace('name: shop', 'name: other').replace('8080', '9090'),
    )
    expect(await portolan('apply', '-f', other, '--yes')).toMatchObject({ exitCode: 0 })
    for (const one of [other, file])
      await lab.portolan(['destroy', '-f', one, '--yes', '--state', '/run/lab/live'])
  })

  test('an endpoint of a live project is attached and detached by the name of the project, and --keep-leases keeps its lease', async () => {
    const lab = await open()
    const portolan = commandOf(lab, backend)
    const one = await bareMachine(lab, 'web-1')
    await inShopAgain(
      lab,
      backend,
      `${web}; await host.lease('web', 'web-1')
       await host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } }); report(0)`,
    )
    const attach = ['attach', 'web', '-p', 'shop', '--netns', String(one.pid), '--name', 'web-1'] as const
    expect(await portolan(...attach)).toMatchObject({ exitCode: 0 })
    expect([await serves(lab, 'ip'), await serves(lab, 'ip6')]).toEqual(['web-1', 'web-1'])
    expect(await portolan('detach', 'web-1', '--keep-leases')).toMatchObject({ exitCode: 0 })
    expect(await serves(lab, 'ip')).toBeNull()
    expect(await portolan(...attach)).toMatchObject({ exitCode: 0 })
    expect([await serves(lab, 'ip'), await serves(lab, 'ip6')]).toEqual(['web-1', 'web-1'])
    expect(await portolan('detach', 'web-1')).toMatchObject({
      exitCode: 0,
      stdout: 'web-1 is off the networks of project shop.\n',
    })
    expect(await inShopAgain(lab, backend, 'report([host.endpoints(), host.published()])')).toEqual([[], []])
  })

  test('an endpoint keeps its interface where its lease cannot be released', async () => {
    const lab = await open()
    const portolan = commandOf(lab, backend)
    const disk = (command: string) => lab.host.mustRun(['sh', '-c', `cd /run/lab; ${command} live`])
    await disk('mkdir -p live; mount -t tmpfs -o mode=755 tmpfs')
    const file = await lab.write('compose.yaml', compose)
    const attach = async (endpoint: string, network: string): Promise<void> => {
      const { pid } = await bareMachine(lab, endpoint)
      expect(await portolan('attach', network, '--netns', String(pid), '--name', endpoint)).toMatchObject({
        exitCode: 0,
      })
    }
    expect(await portolan('apply', '-f', file, '--yes')).toMatchObject({ exitCode: 0 })
    await attach('web', 'shop/front')
    await attach('job', 'shop/front')
    await disk('mount -o remount,ro')
    expect(await portolan('detach', 'job')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('is mounted read-only (EROFS)'),
    })
    expect(await portsOf(lab)).toHaveLength(2)
    // The service's address comes from its plan, so there is no lease to release.
    expect(await portolan('detach', 'web')).toMatchObject({ exitCode: 0 })
    expect(await portsOf(lab)).toHaveLength(1)
    await disk('mount -o remount,rw')
    expect(await portolan('detach', 'job')).toMatchObject({ exitCode: 0 })
    expect(await portsOf(lab)).toEqual([])
    await lab.portolan(['destroy', '-f', file, '--yes', '--state', '/run/lab/live'])
  })

  test('each invalid request is an error with exit code 1, and an error in JSON with --json', async () => {
    const lab = await open()
    const portolan = commandOf(lab, backend)
    const one = await bareMachine(lab, 'web-1')
    await inShopAgain(lab, backend, `${web}; report(0)`)
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['web'], /--netns is missing: give the number of a process/],
      [['web', '--netns', '4194303'], /there is no process 4194303 here/],
      [['web', '--netns', 'nowhere'], /no network namespace named nowhere/],
      [['nowhere', '--netns', String(one.pid)], /there is no network nowhere of ours on this host/],
      [['shop/nowhere', '--netns', String(one.pid)], /no network .*nowhere/],
      [['web', '--netns', String(one.pid), '--address', '172.17.0.9/16'], /without a prefix length/],
      [
        ['web', '--netns', String(one.pid), '--mtu', '1'],
        /--mtu 1: expected a whole number from 68 to 65535/,
      ],
      [
        ['web', '--netns', String(one.pid), '--address', '172.17.0.8', '--address', '172.17.0.9'],
        /one address in each family/,
      ],
    ]
    for (const [words, message] of cases) {
      const { exitCode, stdout, stderr } = await portolan('attach', ...words)
      expect([words, exitCode, stdout, stderr]).toEqual([words, 1, '', expect.stringMatching(message)])
    }
    const { exitCode, stdout } = await portolan('attach', 'web', '--netns', '4194303', '--json')
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      1,
      { error: { code: 'INVALID_REQUEST', message: expect.stringMatching(/no process/) } },
    ])
    expect(await portsOf(lab)).toEqual([])
  })
}
