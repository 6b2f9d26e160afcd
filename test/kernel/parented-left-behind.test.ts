import { expect, test } from '@jest/globals'
import { workerLabs } from '../lab/worker-labs.ts'
import { bareMachine } from './attach/in-namespace.ts'

const labs = workerLabs()

const lan = (parent: string, services = 'a: {networks: [lan]}'): string =>
  `{name: vl, services: {${services}}, networks: {lan: {driver: macvlan, driver_opts: {parent: ${parent}}}}}`

test('apply is refused where it removes, moves or changes a macvlan network with an attached container', async () => {
  await using lab = await labs.open()
  const [a, job] = [await bareMachine(lab, 'a'), await bareMachine(lab, 'job')]
  await lab.host.ip('link add p1 type veth peer name p1-end')
  await lab.host.ip('link set p1 up')
  const run = async (line: string) => lab.portolan(line.split(' '))
  const apply = async (text: string) => {
    const file = await lab.write('compose.yaml', text)
    return lab.portolan(['apply', '--yes', '-f', file])
  }
  const done = { exitCode: 0, stderr: '' }
  const detach = async (machine: typeof a) => run(`detach ${machine.name} -p vl --netns ${machine.pid}`)
  const refused = (endpoint: string, deed: string) => ({
    exitCode: 1,
    stderr: expect.stringContaining(
      `Endpoint ${endpoint} of network vl/lan still has its macvlan on eth0, in a namespace that this host does not see, and the plan ${deed}. Detach it first (portolan detach ${endpoint} -p vl --netns ...), then apply again. Nothing was changed.`,
    ),
  })
  const bridge = '{name: vl, services: {a: {networks: [br]}}, networks: {br: {}}}'
  expect(await apply(lan('eth0'))).toMatchObject({ exitCode: 0 })
  for (const { name, pid } of [a, job])
    expect(await run(`attach vl/lan --netns ${pid} --name ${name}`)).toMatchObject(done)
  await lab.host.quiet()
  const links = await lab.host.mustRun(['ip', '-o', 'link'])
  expect(await apply(bridge)).toMatchObject(refused('a', 'removes the network from eth0'))
  expect(await apply(lan('p1'))).toMatchObject(refused('a', 'moves the network to p1'))
  expect(await apply(lan('eth0, macvlan_mode: private'))).toMatchObject(
    refused('a', 'makes the network macvlan of mode private in place of macvlan of mode bridge'),
  )
  expect(await lab.host.mustRun(['ip', '-o', 'link'])).toBe(links)
  expect(await detach(a)).toMatchObject(done)
  expect(await apply(bridge)).toMatchObject(refused('job', 'removes the network from eth0'))
  // The service is removed from the file, and the network stays. The service's interface is found all the same.
  expect(await run(`attach vl/lan --netns ${a.pid} --name a`)).toMatchObject(done)
  expect(await apply(lan('eth0', 'b: {networks: [lan]}'))).toMatchObject({ exitCode: 0 })
  const still = { exitCode: 1, stderr: expect.stringContaining('Endpoint a of network') }
  expect(await run('detach a -p vl')).toMatchObject(still)
  expect(await detach(job)).toMatchObject(done)
  expect(await job.mustRun(['ip', 'link'])).not.toContain('eth0')
  expect(await run('destroy -p vl --yes')).toMatchObject(still)
  expect(await detach(a)).toMatchObject({ ...done, stdout: 'a is off the networks of project vl.\n' })
  expect(await a.mustRun(['ip', 'link'])).not.toContain('eth0')
  expect(await apply(lan('p1'))).toMatchObject({ exitCode: 0 })
  expect(await apply(bridge)).toMatchObject({ exitCode: 0 })
})

test('detach finds an interface by its alias, though the state directory has no lease', async () => {
  await using lab = await labs.open()
  const a = await bareMachine(lab, 'a')
  const run = async (line: string) => lab.portolan(line.split(' '))
  expect(await run(`attach lan --parent eth0 --subnet 192.0.2.0/24 --netns ${a.pid} --name a`)).toMatchObject(
    { exitCode: 0 },
  )
  expect(await run(`detach a --netns ${a.pid} --state /run/lab/other`)).toMatchObject({
    exitCode: 0,
    stdout: 'a is off the networks of project attach.\n',
  })
  expect(await a.mustRun(['ip', 'link'])).not.toContain('eth0')
})

test('detach without an interface name changes nothing for an endpoint that is also on a bridge', async () => {
  await using lab = await labs.open()
  const a = await bareMachine(lab, 'a')
  const file = await lab.write(
    'compose.yaml',
    '{name: vl, services: {a: {networks: [br, lan]}}, networks: {br: {}, lan: {driver: macvlan, driver_opts: {parent: eth0}}}}',
  )
  const run = async (line: string) => lab.portolan(line.split(' '))
  const done = { exitCode: 0 }
  expect(await lab.portolan(['apply', '--yes', '-f', file])).toMatchObject(done)
  expect(await run(`attach vl/br --netns ${a.pid} --name a`)).toMatchObject(done)
  expect(await run(`attach vl/lan --netns ${a.pid} --name a --interface eth1`)).toMatchObject(done)
  await a.quiet()
  const links = await a.mustRun(['ip', '-o', 'link'])
  for (const where of ['', ` --netns ${a.pid}`])
    expect(await run(`detach a -p vl${where}`)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('--interface'),
    })
  expect(await a.mustRun(['ip', '-o', 'link'])).toBe(links)
  expect(await run(`detach a -p vl --netns ${a.pid} --interface eth1`)).toMatchObject(done)
  expect(await a.mustRun(['ip', '-o', 'link'])).not.toContain('eth')
})
