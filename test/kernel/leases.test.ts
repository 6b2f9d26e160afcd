import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { typed } from '../lab/typed.ts'
import { describeLifecycle, type OpenLab } from './lifecycle/describe-lifecycle.ts'
import { mustSucceed, pilotOf } from './lifecycle/pilot.ts'

/** A project with services on one network. Portolan chooses the host port of each. */
const project = (name: string, ...services: readonly string[]): string =>
  `name: ${name}\nnetworks: {web: {enable_ipv6: true}}\nservices:\n${services
    .map((service) => `  ${service}: {networks: [web], ports: ["80"]}\n`)
    .join('')}`

type Addresses = { readonly addresses: readonly { readonly service: string; readonly address: string }[] }

interface Planned extends Addresses {
  readonly subnets: readonly { readonly subnet: string }[]
  readonly mappings: readonly { readonly hostPort: number; readonly family: string }[]
  readonly changes: readonly unknown[]
}

const addressesOf = ({ addresses }: Addresses, service: string): readonly string[] =>
  addresses.filter((one) => one.service === service).map(({ address }) => address)

/** Subnets, addresses and chosen ports stay with their networks and services. */
const leases = (open: OpenLab): void => {
  test('an endpoint keeps its addresses when other services come and go, and when the bridges of the host are gone', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, 'nftables')
    await pilot.apply(project('shop', 'b', 'c'))
    const before = await pilot.plan(project('shop', 'b', 'c'))
    expect(before.changes).toEqual([])
    await pilot.apply(project('shop', 'a', 'c'))
    const after = await pilot.plan(project('shop', 'a', 'c'))
    expect(addressesOf(after, 'c')).toEqual(addressesOf(before, 'c'))
    expect(addressesOf(after, 'a')).not.toEqual(addressesOf(before, 'b'))
    // As after a reboot: no bridge and no rule, only the state directory.
    mustSucceed('destroy', await pilot.run('destroy', null, '--all', '--yes', '--keep-leases'))
    const rebooted = await pilot.plan(project('shop', 'a', 'c'))
    expect([rebooted.subnets.map(({ subnet }) => subnet), rebooted.addresses]).toEqual([
      after.subnets.map(({ subnet }) => subnet),
      after.addresses,
    ])
  })

  test('destroy releases the subnets and addresses of one project, or of all projects', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, 'nftables')
    await pilot.apply(project('shop', 'a', 'b'))
    await pilot.apply(project('bakery', 'oven'))
    const { subnets } = await pilot.plan(project('shop', 'b'))
    mustSucceed('destroy', await pilot.run('destroy', null, '-p', 'shop', '--yes'))
    const other = await pilot.plan(project('florist', 'rose'))
    expect(other.subnets[0]?.subnet).toBe(subnets[0]?.subnet)
    expect((await pilot.plan(project('bakery', 'oven'))).changes).toEqual([])
    await pilot.destroy()
    expect(addressesOf(await pilot.plan(project('shop', 'b')), 'b')[0]).toBe('172.17.0.1')
  })

  test('a route that is added across a subnet later is a conflict, and the printed move command ends it', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, 'nftables')
    await pilot.apply(project('shop', 'a'))
    await lab.host.ip(
      'link add vpn0 type bridge',
      'link set vpn0 up',
      'route add 172.17.128.0/17 dev vpn0 table 7',
    )
    const collided = await pilot.plan(project('shop', 'a'))
    expect(collided.exitCode).toBe(3)
    expect(collided.conflicts).toMatchObject([
      {
        kind: 'SubnetOverlap',
        remedy: {
          commands: [expect.stringMatching(/^portolan move -f \S+ --backend nftables --state \S+ web$/)],
        },
      },
    ])
    expect(addressesOf(collided, 'a')[0]).toBe('172.17.0.1')
    const shown = await typed(lab, collided.conflicts[0]?.remedy?.commands[0] ?? '')
    expect({ code: shown.exitCode, said: shown.stdout }).toMatchObject({
      code: 2,
      said: expect.stringContaining('nothing was changed; --yes carries it out'),
    })
    const moved = await pilot.run('move', project('shop', 'a'), 'web', '--yes')
    expect({ exitCode: moved.exitCode, stderr: moved.stderr }).toEqual({ exitCode: 0, stderr: '' })
    const after = await pilot.plan(project('shop', 'a'))
    expect({ exitCode: after.exitCode, changes: after.changes }).toEqual({ exitCode: 0, changes: [] })
    expect(addressesOf(after, 'a')[0]).toBe('10.0.0.1')
    expect(await lab.host.mustRun(['ip', '-br', 'address'])).toMatch(/br-web\S* .* 10\.0\.42\.1\/16/)
  })

  test('projects that are applied at the same time share no subnet, no address and no host port', async () => {
    const lab = await open()
    const names = ['shop', 'bakery', 'florist', 'smithy']
    const files = await Promise.all(names.map((name) => lab.write(`${name}.yaml`, project(name, 'a', 'b'))))
    const { argv } = pilotOf(lab, 'nftables')
    const outcomes = await Promise.all(files.map((file) => lab.portolan(argv('apply', file, '--yes'))))
    expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0])
    const plans: Planned[] = []
    for (const file of files)
      plans.push(fromJson<Planned>((await lab.portolan(argv('plan', file, '--json'))).stdout))
    expect(plans.map(({ changes }) => changes)).toEqual([[], [], [], []])
    const all = {
      subnets: plans.flatMap(({ subnets }) => subnets.map(({ subnet }) => subnet)),
      addresses: plans.flatMap(({ addresses }) => addresses.map(({ address }) => address)),
      ports: plans.flatMap(({ mappings }) => mappings.map(({ family, hostPort }) => `${family} ${hostPort}`)),
    }
    for (const values of Object.values(all)) expect(new Set(values).size).toBe(values.length)
  })

  test('an ordinary user that locks every file that it may open delays neither plan nor apply', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, 'nftables')
    await pilot.apply(project('shop', 'a'))
    await lab.host.mustRun(['chmod', 'a+rx', '/run/lab'])
    await lab.host.mustRun(['mkdir', '--mode=777', '/run/lab/ordinary'])
    const holder = lab.host.start([
      ...['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '/usr/bin/python3', '-c'],
      `
import fcntl, glob, signal
held = []
for name in glob.glob('/run/lab/state/*') + glob.glob('/run/portolan/*'):
    try:
        file = open(name)
        fcntl.lockf(file, fcntl.LOCK_SH)
        fcntl.flock(file, fcntl.LOCK_EX)
        held.append(file)
    except PermissionError:
        pass
open('/run/lab/ordinary/holds', 'w').write(str(len(held)))
signal.pause()
`,
    ])
    try {
      // The ordinary user may read the store itself, so this waits until a file is locked.
      const holds = 'until grep -qs "[1-9]" /run/lab/ordinary/holds; do sleep 0.05; done'
      await lab.host.mustRun(['sh', '-c', holds])
      expect(await pilot.run('plan', project('shop', 'a'))).toMatchObject({ exitCode: 0 })
      expect(await pilot.run('apply', project('shop', 'a', 'b'), '--yes')).toMatchObject({ exitCode: 0 })
    } finally {
      holder.kill('SIGKILL')
      expect((await holder.outcome).stderr).toBe('')
    }
  })

  test('apply fails on a damaged lease store, names the file, and leaves the file as it is', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, 'nftables')
    await lab.host.mustRun(['mkdir', '-p', '/run/lab/state'])
    await lab.host.writeText('/run/lab/state/leases.mdb', 'not leases\n'.repeat(1000))
    const { exitCode, stderr } = await pilot.run('apply', project('shop', 'a'), '--yes')
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/\/run\/lab\/state\/leases\.mdb is damaged or not ours/)
    expect(await lab.host.readText('/run/lab/state/leases.mdb')).toMatch(/^not leases/)
  })
}

describeLifecycle('leases', 'nftables', leases)
