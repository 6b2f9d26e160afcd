import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import type { Lab } from '../lab/lab.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { bareMachine } from './attach/in-namespace.ts'

const labs = workerLabs()

const lan = 'attach lan --parent eth0'
const runIn = (lab: Lab) => async (line: string) => lab.portolan(line.split(' '))

test('a failed attach leaves the network on an interface as it was, also when it asks for another driver or gateway', async () => {
  await using lab = await labs.open()
  const [c, q] = [await bareMachine(lab, 'c'), await bareMachine(lab, 'q')]
  const run = runIn(lab)
  const networks = async (): Promise<unknown> =>
    fromJson<{ readonly parented: unknown }>((await run('status --json')).stdout).parented
  const first = `${lan} --subnet 192.0.2.0/24 --gateway 192.0.2.1 --netns ${c.pid} --name c`
  expect(await run(`${first} --address 192.0.2.9`)).toMatchObject({ exitCode: 0, stderr: '' })
  const before = await networks()
  for (const [more, words] of [
    ['--driver ipvlan', 'network lan has the driver macvlan:bridge, and the driver ipvlan:l2 is asked for'],
    [
      '--driver macvlan:private --ip-range 192.0.2.64/26',
      'and the driver macvlan:private is asked for while an endpoint is on it (c). Detach it first (portolan detach c -p attach --netns ...), or leave that out, or choose another name for the network.',
    ],
    ['--gateway 192.0.2.77', 'has the gateway 192.0.2.1, and the gateway 192.0.2.77 is asked for'],
    // The network accepts these options, and only the attach fails.
    ['--ip-range 192.0.2.64/26 --mtu 9000', 'Could not'],
  ] as const) {
    expect(await run(`${lan} ${more} --netns ${q.pid} --name q`)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(words),
    })
    expect(await networks()).toEqual(before)
  }
  expect(await run(`attach lan --netns ${q.pid} --name q`)).toMatchObject({
    exitCode: 0,
    stderr: '',
  })
  expect(await q.mustRun(['ip', 'route'])).toContain('default via 192.0.2.1 dev eth0')
  expect(await q.mustRun(['ip', '-d', 'link', 'show', 'eth0'])).toContain('macvlan mode bridge')
  // An omitted option changes nothing.
  expect(await run(`${lan} --netns ${c.pid} --name c`)).toMatchObject({ exitCode: 0, stderr: '' })
  for (const { name, pid } of [c, q])
    expect(await run(`detach ${name} --netns ${pid}`)).toMatchObject({ exitCode: 0 })
  expect(
    await run(`${lan} --driver macvlan:private --gateway 192.0.2.77 --netns ${q.pid} --name q`),
  ).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining(
      'Network attach/lan had the driver macvlan:bridge until now, and has the driver macvlan:private from now on',
    ),
  })
  expect(await q.mustRun(['ip', 'route'])).toContain('default via 192.0.2.77 dev eth0')
})

test('the MAC address of a failed attach is not used by the next attach', async () => {
  await using lab = await labs.open()
  const [c, e] = [await bareMachine(lab, 'c'), await bareMachine(lab, 'e')]
  const run = runIn(lab)
  expect(
    await run(`${lan} --subnet 192.0.2.0/24 --netns ${c.pid} --name c --address 192.0.2.9`),
  ).toMatchObject({ exitCode: 0 })
  expect(await run(`attach lan --netns ${e.pid} --name e --mac 02:42:c0:00:02:09`)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('another child of eth0 has the MAC address 02:42:c0:00:02:09'),
  })
  expect(await run(`attach lan --netns ${e.pid} --name e`)).toMatchObject({ exitCode: 0, stderr: '' })
})

test('attach notes that the parent of the network is down, and how to set it up', async () => {
  await using lab = await labs.open()
  const e = await bareMachine(lab, 'e')
  await lab.host.ip('link add p0 type veth peer name p0-end')
  const attached = await runIn(lab)(`attach pn --parent p0 --netns ${e.pid} --name e --json`)
  expect(fromJson<{ readonly notes: unknown }>(attached.stdout).notes).toEqual([
    'e reaches nothing on network pn and is not reached: p0 of this host is down. Set it up (ip link set dev p0 up).',
  ])
})
