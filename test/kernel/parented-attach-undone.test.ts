import { expect, test } from '@jest/globals'
import { workerLabs } from '../lab/worker-labs.ts'
import { bareMachine } from './attach/in-namespace.ts'

test('a failed attach removes the network that it made on an interface, and keeps a network that existed before', async () => {
  await using lab = await workerLabs().open()
  const c = await bareMachine(lab, 'c')
  await c.ip('link add eth0 type bridge')
  const links = async (): Promise<string> => lab.host.mustRun(['ip', '-o', 'link'])
  const before = await links()
  const attach = async (words: string) => lab.portolan(`attach ${words} --netns ${c.pid} --name c`.split(' '))
  const inTheWay = {
    exitCode: 1,
    stderr: expect.stringContaining('an interface named eth0 is there already'),
  }
  expect(await attach('lan --parent eth0 --subnet 10.44.0.0/24')).toMatchObject(inTheWay)
  expect(await links()).toBe(before)
  // The failed attach has released its subnet and its parent.
  expect(await attach('lan --parent eth0 --subnet 10.45.0.0/24 --interface eth1')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('10.45.0.2'),
  })
  await lab.portolan(`detach c --interface eth1 --netns ${c.pid}`.split(' '))
  expect(await attach('lan --parent eth0 --subnet 10.45.0.0/24')).toMatchObject(inTheWay)
  expect(await attach('lan --interface eth1')).toMatchObject({ exitCode: 0, stderr: '' })
})
