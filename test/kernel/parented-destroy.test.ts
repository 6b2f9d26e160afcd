import { expect, test } from '@jest/globals'
import { workerLabs } from '../lab/worker-labs.ts'
import { bareMachine } from './attach/in-namespace.ts'

const labs = workerLabs()

test('destroy is refused while an endpoint is on an interface of the host, and names the endpoint', async () => {
  await using lab = await labs.open()
  const web = await bareMachine(lab, 'web')
  const run = async (line: string) => lab.portolan(line.split(' '))
  const lan = 'attach lan --parent eth0 --subnet 192.0.2.0/24 --gateway 192.0.2.254'
  expect(await run(`${lan} --netns ${web.pid} --name web --mac 52:54:00:00:00:01`)).toMatchObject({
    exitCode: 0,
  })
  expect(await run('destroy -p attach --yes')).toMatchObject({
    exitCode: 1,
    // Nothing is printed about released leases.
    stdout: '',
    stderr: expect.stringContaining(
      'Endpoint web of network attach/lan still has its interface on eth0, in a namespace that this host does not see. Detach it first (portolan detach web -p attach --netns ...), or keep what is leased (--keep-leases). Nothing was removed.',
    ),
  })
  expect(await run(`attach lan -p attach --netns ${web.pid} --name web`)).toMatchObject({ exitCode: 0 })
  expect(await run(`attach lan -p attach --netns ${web.pid} --name web --mtu 1400`)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('endpoint web is attached with the MTU 1500, and 1400 is asked for'),
  })
  await web[Symbol.asyncDispose]()
  expect(await run('destroy -p attach --yes')).toMatchObject({ exitCode: 0, stderr: '' })
})

test('attach, detach and destroy wait for an interface that the kernel removes late after the end of its container', async () => {
  await using lab = await labs.open()
  const lan = 'attach lan --parent eth0 --subnet 192.0.2.0/24 --gateway 192.0.2.254 --name web'
  const on = ({ pid }: { readonly pid: number }): string[] => `${lan} --netns ${pid}`.split(' ')
  /** The namespace outlives the process, as when the kernel's work queue is late on a busy machine. */
  const ended = async (): Promise<void> => {
    const web = await bareMachine(lab, 'web')
    expect(await lab.portolan(on(web))).toMatchObject({ exitCode: 0, stderr: '' })
    await web.mustRun(['sh', '-c', 'sleep 0.5 > /dev/null 2>&1 &'])
    await web[Symbol.asyncDispose]()
  }
  await ended()
  await ended()
  expect(await lab.portolan('detach web -p attach'.split(' '))).toMatchObject({ exitCode: 0, stderr: '' })
  await ended()
  expect(await lab.portolan('destroy -p attach --yes'.split(' '))).toMatchObject({
    exitCode: 0,
    stderr: '',
  })
})

test('attach names a foreign child interface that has the MAC address, and not an endpoint', async () => {
  await using lab = await labs.open()
  const web = await bareMachine(lab, 'web')
  await lab.host.mustRun([
    ...['ip', 'link', 'add', 'foreign', 'link', 'eth0', 'address', '02:42:c0:00:02:40'],
    ...['type', 'macvlan', 'mode', 'bridge'],
  ])
  await lab.host.mustRun(['ip', 'link', 'set', 'foreign', 'up'])
  const lan = '--parent eth0 --subnet 192.0.2.0/24 --ip-range 192.0.2.64/26'
  expect(await lab.portolan(`attach lan ${lan} --netns ${web.pid} --name web`.split(' '))).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining(
      'Could not attach endpoint web to network lan: another child of eth0 has the MAC address 02:42:c0:00:02:40 already. Give the endpoint another one (mac, --mac), or remove that interface.',
    ),
  })
})
